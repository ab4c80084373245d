// Installs the packed packages into an empty project of each kind, and loads everything that they export.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { npm, type StagedPackage } from './staged-packages.ts';

export type ProjectKind = 'esm' | 'commonjs' | 'typescript';

export const PROJECT_KINDS: readonly ProjectKind[] = ['esm', 'commonjs', 'typescript'];

/** What the packages expect of an application. */
const PEERS = ['@opentelemetry/api@^1.10.0', '@grpc/grpc-js@^1.14.0'];

export interface EmptyProject {
  /** Outside of the repository, because any folder inside would find the repository's node_modules. */
  readonly folder: string;
  /** Whether npm could install the packages. They may still fail to load. */
  readonly isInstalled: boolean;
  readonly problems: readonly string[];
}

export function triedIn(kind: ProjectKind, packages: readonly StagedPackage[]): EmptyProject {
  // On macOS, the temporary folder is a link.
  const folder = mkdtempSync(join(realpathSync(tmpdir()), `spillway-release-${kind}-`));
  const manifest = {
    name: 'empty',
    version: '1.0.0',
    private: true,
    type: kind === 'commonjs' ? 'commonjs' : 'module',
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const tarballs = packages.map(({ tarball }) => tarball);
  let isInstalled = false;
  try {
    npm(['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', ...tarballs, ...PEERS], folder);
    isInstalled = true;
    load(kind, folder, packages.flatMap(entriesOf));
    return { folder, isInstalled, problems: [] };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    return { folder, isInstalled, problems: [`${kind}: ${`${stdout}${stderr}`.trim() || String(error)}`] };
  }
}

/** Every name by which code of a package is imported, registrations excepted, which do something as they load. */
function entriesOf({ manifest: { name, exports } }: StagedPackage): readonly string[] {
  const paths = Object.keys(exports ?? {}).filter((path) => path !== './package.json' && path !== './register');
  return paths.map((path) => `${name}${path.slice(1)}`);
}

function load(kind: ProjectKind, folder: string, entries: readonly string[]): void {
  if (kind === 'typescript') return compile(folder, entries);
  const body = entries.map((entry) => (kind === 'esm' ? `await import('${entry}');` : `require('${entry}');`));
  const file = join(folder, kind === 'esm' ? 'main.mjs' : 'main.cjs');
  writeFileSync(file, `${body.join('\n')}\nconsole.log('loaded');\n`);
  execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
}

/** Compiled strictly, the packages' own types included. */
function compile(folder: string, entries: readonly string[]): void {
  const imports = entries.map((entry, index) => `import * as module${index} from '${entry}';`);
  const uses = `export const modules: readonly object[] = [${entries.map((_, index) => `module${index}`).join(', ')}];`;
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src/main.ts'), `${imports.join('\n')}\n${uses}\n`);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2024', 'dom', 'esnext.disposable'],
    types: ['node'],
    typeRoots: [resolve('node_modules/@types')],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', folder], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

/** A component of a bill of materials in the format of CycloneDX. */
interface Component {
  readonly name: string;
  readonly group?: string;
  readonly version: string;
}

/** Licences that allow what ours allows. */
const ALLOWED = new Set(['Apache-2.0', 'MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0']);

export interface BillOfMaterials {
  readonly text: string;
  /** `name version licence`, in order. */
  readonly lines: readonly string[];
  readonly problems: readonly string[];
}

/** Every package that an application gets with ours, by `npm sbom`, with its licence. */
export function billOfMaterials(folder: string): BillOfMaterials {
  const text = npm(['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], folder);
  const { components } = JSON.parse(text) as { readonly components: readonly Component[] };
  const licensed = components.map(({ group, name, version }) => {
    const full = group === undefined ? name : `${group}/${name}`;
    return { full, version, license: licenseOf(folder, full) };
  });
  const problems = licensed
    .filter(({ license }) => !ALLOWED.has(license))
    .map(({ full, version, license }) => `${full} ${version} has the licence ${license}`);
  const lines = licensed.map(({ full, version, license }) => `${full} ${version} ${license}`).toSorted();
  return { text, lines, problems };
}

/** The packages of ours that a bill of materials does not have. */
export function missingIn(
  { lines }: Pick<BillOfMaterials, 'lines'>,
  packages: readonly Pick<StagedPackage, 'manifest'>[],
): readonly string[] {
  const names = packages.map(({ manifest }) => manifest.name);
  return names.filter((name) => !lines.some((line) => line.startsWith(`${name} `)));
}

function licenseOf(folder: string, name: string): string {
  try {
    const file = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8');
    return (JSON.parse(file) as { readonly license?: string }).license ?? 'none';
  } catch {
    return 'unknown: it is not installed at the top';
  }
}
