import { readFileSync } from 'node:fs';
// A namespace import, because webpack replaces calls of an imported `createRequire`, and because bundles of ES modules often
// declare that name in front of our code.
import * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';

/** A package as a certain file would get it by `require`. */
export interface InstalledModule {
  readonly name: string;
  /** `0.0.0` if no package.json has it. */
  readonly version: string;
  /** The file that it resolves to. */
  readonly file: string;
  /** Runs it. @throws what its code throws */
  load(): unknown;
  /** Another package as this one would get it: its own copy, if it has one. */
  sibling(name: string): InstalledModule | undefined;
}

/**
 * Looks up a package from a place in the file system, as code in that place would. Runs nothing.
 * @param from an absolute path of a file, or of a folder with a slash at its end
 */
export function findModule(name: string, from: string): InstalledModule | undefined {
  try {
    const require = nodeModule.createRequire(from);
    const file = require.resolve(name);
    return {
      name,
      version: versionOf(name, file),
      file,
      load: (): unknown => require(name),
      sibling: (other) => findModule(other, file),
    };
  } catch {
    return undefined;
  }
}

/** The file of a package at a path within it, such as `@opentelemetry/instrumentation/hook.mjs`. */
export function findFile(path: string, from: string): string | undefined {
  try {
    return nodeModule.createRequire(from).resolve(path);
  } catch {
    return undefined;
  }
}

/** The first three numbers of a version; anything after them is left out. */
export function numbersOf(version: string): readonly [major: number, minor: number, patch: number] {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.+-]/, 3).map(Number);
  return [major, minor, patch];
}

/** Whether the first version is as new as the second, or newer. */
export function isAtLeast(version: string, other: string): boolean {
  const numbers = numbersOf(version);
  const others = numbersOf(other);
  const at = numbers.findIndex((number, index) => number !== others[index]);
  return at === -1 || (numbers[at] ?? 0) > (others[at] ?? 0);
}

/** `exports` hides the package.json of most packages, so it is looked for above the file. */
function versionOf(name: string, file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const found = readPackage(folder);
    if (found?.name === name) return found.version ?? '0.0.0';
    if (folder === dirname(folder)) return '0.0.0';
  }
}

/** The part of a package.json that is read. */
export interface PackageFile {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The package.json of a folder; `undefined` if there is none, or it cannot be read. */
export function readPackage(folder: string): PackageFile | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof found === 'object' && found !== null ? found : undefined;
  } catch {
    return undefined;
  }
}
