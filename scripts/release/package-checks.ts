// What every package must have, by its files alone. Each check returns its problems.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { relativeLinks } from './readme-links.ts';
import type { StagedPackage } from './staged-packages.ts';

const LICENSE = 'Apache-2.0';
/** Most of it is source maps. The largest package has about a third of it. */
const MOST_PACKED_BYTES = 1_500_000;

export function manifestProblems({ manifest, files }: StagedPackage): readonly string[] {
  const { name, license, description, keywords = [], engines, publishConfig, exports } = manifest;
  const has = (path: string): boolean => files.some((file) => file.path === path);
  return [
    ...(license === LICENSE ? [] : [`${name}: license must be ${LICENSE}, got ${license}`]),
    ...(description === undefined ? [`${name}: description is missing`] : []),
    ...(keywords.length >= 3 ? [] : [`${name}: keywords must be three or more`]),
    ...(engines?.node === undefined ? [`${name}: engines.node is missing`] : []),
    ...(exports === undefined ? [`${name}: exports are missing`] : []),
    ...(publishConfig?.access === 'public' ? [] : [`${name}: publishConfig.access must be public`]),
    ...(publishConfig?.provenance === true ? [] : [`${name}: publishConfig.provenance must be true`]),
    ...['LICENSE', 'README.md', 'package.json']
      .filter((path) => !has(path))
      .map((path) => `${name}: ${path} is missing`),
  ];
}

/** One version for all packages, which need exactly each other's. */
export function versionProblems(packages: readonly StagedPackage[]): readonly string[] {
  const [first] = packages;
  const names = new Set(packages.map(({ manifest }) => manifest.name));
  return packages.flatMap(({ manifest: { name, version, dependencies, peerDependencies } }) => [
    ...(version === first?.manifest.version ? [] : [`${name} has version ${version}, not ${first?.manifest.version}`]),
    ...Object.entries({ ...dependencies, ...peerDependencies })
      .filter(([other, range]) => names.has(other) && range !== version)
      .map(([other, range]) => `${name} needs ${other} ${range}, not ${version}`),
  ]);
}

export function linkProblems({ manifest: { name }, path, missingLinks }: StagedPackage): readonly string[] {
  const relative = relativeLinks(readFileSync(join(path, 'README.md'), 'utf8'));
  return [
    ...missingLinks.map((link) => `${name}: ${link} does not exist`),
    ...relative.map((link) => `${name}: ${link} is relative`),
  ];
}

/** A path of the machine that built the packages tells others about it, and differs from build to build. */
export function pathProblems({ manifest: { name }, path, files }: StagedPackage): readonly string[] {
  const places = [resolve('.'), homedir()].filter((place) => place.length > 1);
  return files.flatMap((file) => {
    const content = readFileSync(join(path, file.path), 'utf8');
    return places.filter((place) => content.includes(`${place}/`)).map((place) => `${name}: ${file.path} has ${place}`);
  });
}

export function sizeProblems({ manifest: { name }, packedBytes }: StagedPackage): readonly string[] {
  return packedBytes <= MOST_PACKED_BYTES ? [] : [`${name}: ${packedBytes} bytes packed, above ${MOST_PACKED_BYTES}`];
}

/** The types of each way to import a package, by publint and attw. */
export function typeProblems({ manifest: { name }, path, tarball }: StagedPackage): readonly string[] {
  return [
    ...problemsOf(`${name}: publint`, ['publint', '--strict', path]),
    ...problemsOf(`${name}: attw`, ['attw', tarball, '--profile', 'node16']),
  ];
}

function problemsOf(what: string, [command = '', ...args]: readonly string[]): readonly string[] {
  try {
    execFileSync(resolve('node_modules/.bin', command), args, { encoding: 'utf8', stdio: 'pipe' });
    return [];
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string };
    return [`${what}: ${`${stdout}${stderr}`.trim()}`];
  }
}
