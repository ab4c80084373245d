// Installs the packages as users do: packed, with npm, without force, next to one line of OpenTelemetry.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** An application on a line of OpenTelemetry. */
export type Line = 'otel2' | 'otel3';

/** The same with `@opentelemetry/auto-instrumentations-node`, and packages that it instruments. */
export type InstrumentedLine = 'auto2' | 'auto3';

const run = promisify(execFile);
const HERE = fileURLToPath(new URL('.', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../../packages/', import.meta.url));

/** Outside of the repository, because any folder inside would find the repository's node_modules. */
const CACHE = join(tmpdir(), 'spillway-compat');

const QUIET = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];

export async function installed(line: Line | InstrumentedLine): Promise<string> {
  const folder = await installedWithOurs(line);
  // Applications that import none of OpenTelemetry's api are the same on both lines.
  for (const place of line.startsWith('auto') ? [line, 'auto'] : [line]) {
    for (const app of await apps(place)) await cp(join(HERE, place, app), join(folder, app));
  }
  return folder;
}

/**
 * The packages of a lock file, with ours, as packed. An earlier installation is reused only if the packages have the same
 * content.
 */
export async function installedWithOurs(place: string): Promise<string> {
  const names = await packageNames();
  const folder = join(CACHE, `${place}-${await hashOf(place, names)}`);
  await once(folder, (aside) => install(place, names, aside));
  return folder;
}

/** The paths of other Node releases, by name. They are for Linux on x64; elsewhere there are none. */
export async function installedNodes(): Promise<Readonly<Record<string, string>>> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return {};
  const manifest = JSON.parse(await readFile(join(HERE, 'nodes/package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const folder = await installedAlone('nodes');
  return Object.fromEntries(
    Object.keys(manifest.dependencies).map((name) => [name, join(folder, 'node_modules', name, 'bin/node')]),
  );
}

/** Packages that compile TypeScript while an application is loaded. */
export function installedLoaders(): Promise<string> {
  return installedAlone('loaders');
}

/** A folder with packages, or why they cannot be had: one may not be made for this system, or for this Node. */
export type Installation =
  | { readonly folder: string; readonly problem?: never }
  | { readonly folder?: never; readonly problem: string };

export async function ifInstallable(installing: Promise<string>): Promise<Installation> {
  try {
    return { folder: await installing };
  } catch (error) {
    if (error instanceof NotInstallable) return { problem: error.message };
    throw error;
  }
}

/** npm cannot install packages of others. If it cannot install ours, a test must fail. */
class NotInstallable extends Error {
  constructor({ stderr = '' }: { readonly stderr?: string }) {
    super(`npm cannot install it: ${/^npm error (?!code ).*/m.exec(stderr)?.[0] ?? stderr.trim()}`);
  }
}

/** Installs the packages of a lock file, without ours. */
export async function installedAlone(place: string): Promise<string> {
  const folder = join(CACHE, `${place}-${await hashOf(place, [])}`);
  await once(folder, async (aside) => {
    for (const file of ['package.json', 'package-lock.json']) await cp(join(HERE, place, file), join(aside, file));
    await installLocked(aside);
  });
  return folder;
}

/** Fills a folder that does not exist yet. */
async function once(folder: string, fill: (aside: string) => Promise<void>): Promise<void> {
  if (await exists(folder)) return;
  await mkdir(CACHE, { recursive: true });
  // Filled under another name and then moved, so that two concurrent runs never see half an installation.
  const aside = await mkdtemp(`${folder}-making-`);
  await fill(aside);
  await rename(aside, folder).catch(() => rm(aside, { recursive: true }));
}

async function install(place: string, names: readonly string[], folder: string): Promise<void> {
  for (const file of ['package.json', 'package-lock.json']) await cp(join(HERE, place, file), join(folder, file));
  const tarballs = join(folder, 'tarballs');
  await mkdir(tarballs);
  await npm(['pack', '--pack-destination', tarballs, ...names.map((name) => join(PACKAGES, name))], HERE);
  await installLocked(folder);
  await npm(['install', '--no-save', ...(await tarballsIn(folder))], folder);
}

/** Our packed packages, made by {@link installed}. */
export async function tarballsIn(folder: string): Promise<readonly string[]> {
  const tarballs = join(folder, 'tarballs');
  return (await readdir(tarballs)).map((file) => join(tarballs, file));
}

/** @throws (rejects) NotInstallable */
async function installLocked(folder: string): Promise<void> {
  await npm(['ci'], folder).catch((error: { readonly stderr?: string }) => {
    throw new NotInstallable(error);
  });
}

/** @throws (rejects) with npm's output as `stderr` if npm fails */
export async function npm(args: readonly string[], folder: string): Promise<void> {
  await run('npm', [...args, ...QUIET], { cwd: folder });
}

/** All packages that are built. */
async function packageNames(): Promise<readonly string[]> {
  const names = await readdir(PACKAGES);
  const built = await Promise.all(names.map((name) => exists(join(PACKAGES, name, 'dist'))));
  return names.filter((_, index) => built[index]).toSorted();
}

async function hashOf(place: string, names: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  const files = [join(HERE, place, 'package-lock.json')];
  for (const name of names) {
    const dist = join(PACKAGES, name, 'dist');
    const within = await readdir(dist, { recursive: true });
    files.push(
      join(PACKAGES, name, 'package.json'),
      ...within
        .filter((file) => /\.(c?js|json)$/.test(file))
        .toSorted()
        .map((file) => join(dist, file)),
    );
  }
  for (const file of files) hash.update(file).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

async function apps(place: string): Promise<readonly string[]> {
  return (await readdir(join(HERE, place))).filter((file) => /\.[cm]js$/.test(file));
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
