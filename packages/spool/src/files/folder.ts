import { dirname, resolve } from 'node:path';
import { codeOf, isMissing } from './file-error.ts';
import { READ_ONLY } from './small-file.ts';
import { call, type Work } from './work.ts';

/** Only the user of the process can enter it. */
const FOLDER_MODE = 0o700;

/** Makes a folder and those above it, also if others make them at the same time. @returns whether it is new */
export function* makeFolder(path: string): Work<boolean> {
  try {
    return yield* makeLast(path);
  } catch (error) {
    if (!isMissing(error) || dirname(path) === path) throw error;
  }
  yield* makeFolder(dirname(path));
  yield* checkLink(dirname(path));
  return yield* makeLast(path);
}

/** A link to nothing looks as if it were there, until something is made in it. @throws Error that names it and its target */
function* checkLink(path: string): Work<void> {
  const facts = yield* call('lstat', path);
  if (!facts.isSymbolicLink()) return;
  const target = resolve(dirname(path), yield* call('readlink', path));
  if (!(yield* isGone(target))) return;
  const message = `${path} is a symbolic link to ${target}, which does not exist. Make that folder, or remove the link`;
  throw Object.assign(new Error(message), { code: 'ENOENT' });
}

function* makeLast(path: string): Work<boolean> {
  try {
    yield* call('mkdir', path, FOLDER_MODE);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Makes the names in a folder as durable as the files. Not every system can. */
export function* syncFolder(path: string): Work<void> {
  try {
    const fd = yield* call('open', path, READ_ONLY, 0);
    try {
      yield* call('fsync', fd);
    } finally {
      yield* call('close', fd);
    }
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}

/** @returns nothing if there is no such folder */
export function* namesIn(path: string): Work<readonly string[]> {
  try {
    return (yield* call('readdir', path)).toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Removes a file, if it is there. */
export function* removeFile(path: string): Work<void> {
  try {
    yield* call('unlink', path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Removes a folder, if it is there and empty. @returns whether it is gone */
export function* removeEmptyFolder(path: string): Work<boolean> {
  try {
    yield* call('rmdir', path);
    return true;
  } catch (error) {
    if (isMissing(error)) return true;
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) return false;
    throw error;
  }
}

/** Whether there is nothing at a path. */
export function* isGone(path: string): Work<boolean> {
  try {
    yield* call('lstat', path);
    return false;
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
}
