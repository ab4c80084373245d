import { realpathSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { findModule, type InstalledModule, readPackage } from './installed-module.ts';

/** The observed program. Only its packages are used. */
export interface Application {
  /** Its packages are looked up from here: its main file, or a folder with a slash at its end. */
  readonly path: string;
  find(name: string): InstalledModule | undefined;
  /** Whether its package.json names the package. */
  lists(name: string): boolean;
}

/** Places to look for the application, best first. */
interface Places {
  readonly mainFile: string | undefined;
  readonly workingFolder: string;
}

/**
 * Returns the first place from which one of the packages is found, otherwise the first place.
 *
 * The main file comes first. If it is a link (`node_modules/.bin/next`), its target comes next. The working folder
 * comes last: it belongs to the application that such a command runs, or `node -e`.
 */
export function findApplication(names: readonly string[], places: Places = placesOfProcess()): Application {
  const paths = [
    ...(places.mainFile === undefined ? [] : [places.mainFile, ...realPathOf(places.mainFile)]),
    `${places.workingFolder}${sep}`,
  ];
  const path = paths.find((candidate) => names.some((name) => findModule(name, candidate) !== undefined)) ?? paths[0]!;
  return applicationAt(path);
}

export function applicationAt(path: string): Application {
  let listed: ReadonlySet<string> | undefined;
  return {
    path,
    find: (name) => findModule(name, path),
    lists: (name) => (listed ??= listedFrom(path)).has(name),
  };
}

function placesOfProcess(): Places {
  const [, mainFile] = process.argv;
  return { mainFile: mainFile === undefined ? undefined : resolve(mainFile), workingFolder: process.cwd() };
}

function realPathOf(path: string): readonly string[] {
  try {
    return [realpathSync(path)];
  } catch {
    // `node app` runs app.js, and `node -e` has no file at all.
    return [];
  }
}

function listedFrom(path: string): ReadonlySet<string> {
  for (let folder = path.endsWith(sep) ? path.slice(0, -1) : dirname(path); ; folder = dirname(folder)) {
    const found = readPackage(folder);
    if (found !== undefined) {
      return new Set(Object.keys({ ...found.dependencies, ...found.devDependencies, ...found.optionalDependencies }));
    }
    if (folder === dirname(folder)) return new Set();
  }
}
