// The packages as they are published: what is in their folders, with the address of the repository filled in.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Repository } from './repository.ts';
import { withAbsoluteLinks } from './readme-links.ts';

/** The part of a package.json that is read here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly files?: readonly string[];
  readonly engines?: { readonly node?: string };
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly publishConfig?: { readonly access?: string; readonly provenance?: boolean };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface StagedPackage {
  /** Its folder below `packages`. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Where it was staged: an absolute path. */
  readonly path: string;
  readonly tarball: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** Links of the README that lead nowhere. */
  readonly missingLinks: readonly string[];
}

export const PACKED = resolve('packed');
const STAGED = join(PACKED, 'staged');

/** Leaves only what was packed. */
export function removeStaged(): void {
  rmSync(STAGED, { recursive: true });
}

/** An entry of `npm pack --json`. */
interface PackReport {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Stages and packs every package, into the folder `packed`. */
export function stagedPackages({ url }: Pick<Repository, 'url'>): readonly StagedPackage[] {
  // An older version must not be installed beside the new one.
  rmSync(PACKED, { recursive: true, force: true });
  return readdirSync('packages').map((folder) => {
    const source = join('packages', folder);
    const path = join(STAGED, folder);
    mkdirSync(path, { recursive: true });
    for (const name of ['dist', 'LICENSE']) cpSync(join(source, name), join(path, name), { recursive: true });
    const missingLinks: string[] = [];
    const readme = withAbsoluteLinks(
      readFileSync(join(source, 'README.md'), 'utf8'),
      `packages/${folder}`,
      url,
      (link) => missingLinks.push(link),
    );
    writeFileSync(join(path, 'README.md'), readme);
    const {
      scripts: _,
      devDependencies: __,
      ...manifest
    } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest & Record<string, unknown>;
    const published = {
      ...manifest,
      homepage: `${url}/blob/main/packages/${folder}/README.md`,
      bugs: `${url}/issues`,
      repository: { type: 'git', url: `git+${url}.git`, directory: `packages/${folder}` },
    };
    writeFileSync(join(path, 'package.json'), `${JSON.stringify(published, undefined, 2)}\n`);
    return { folder, manifest: published, path, missingLinks, ...packed(path) };
  });
}

function packed(path: string): Pick<StagedPackage, 'tarball' | 'files' | 'packedBytes' | 'unpackedBytes'> {
  const output = npm(['pack', '--json', '--pack-destination', PACKED], path);
  const found = JSON.parse(output) as readonly PackReport[] | Readonly<Record<string, PackReport>>;
  const [report] = Object.values(found) as readonly PackReport[];
  if (report === undefined) throw new Error(`npm pack said nothing of ${path}`);
  const tarball = join(PACKED, report.filename);
  return { tarball, files: report.files, packedBytes: report.size, unpackedBytes: report.unpackedSize };
}

/** Runs npm to its end. @returns its output */
export function npm(args: readonly string[], cwd: string): string {
  // npm is a script of the shell on Windows.
  const options = { cwd, encoding: 'utf8', shell: process.platform === 'win32', maxBuffer: 2 ** 26 } as const;
  return execFileSync('npm', args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
}
