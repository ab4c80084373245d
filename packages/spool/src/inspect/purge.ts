import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { isMissing } from '../files/file-error.ts';
import { namesIn, removeEmptyFolder, removeFile } from '../files/folder.ts';
import { call, ignoringFileErrors, type Work } from '../files/work.ts';
import { SET_ASIDE } from '../folder-names.ts';
import { foldersIn } from './process-folders.ts';

/**
 * Removes the folder of a process. It is moved away first: so a process that takes over its chains has all of a chain, or none.
 * @returns whether it was there
 */
export function* removeProcess(directory: string, path: string): Work<boolean> {
  const away = join(directory, `.purged-${basename(path)}-${randomBytes(4).toString('hex')}`);
  try {
    yield* call('rename', path, away);
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  yield* removeAll(away);
  yield* ignoringFileErrors(removeEmptyFolder(dirname(path)));
  return true;
}

/** Removes the files that were set aside. @returns how many there were */
export function* removeSetAside(folder: string, isDirectory: boolean): Work<number> {
  let count = 0;
  const services = isDirectory ? (yield* foldersIn(folder)).map((name) => join(folder, name)) : [folder];
  for (const service of services) {
    const aside = join(service, SET_ASIDE);
    for (const name of yield* namesIn(aside)) {
      yield* removeFile(join(aside, name));
      count += 1;
    }
    yield* ignoringFileErrors(removeEmptyFolder(aside));
    yield* ignoringFileErrors(removeEmptyFolder(service));
  }
  return count;
}

function* removeAll(path: string): Work<void> {
  for (const name of yield* namesIn(path)) {
    const below = join(path, name);
    if ((yield* call('lstat', below)).isDirectory()) yield* removeAll(below);
    else yield* removeFile(below);
  }
  yield* removeEmptyFolder(path);
}
