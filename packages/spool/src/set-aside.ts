import { join } from 'node:path';
import { wallTime } from '@spillway/backpressure';
import { isMissing } from './files/file-error.ts';
import { makeFolder, namesIn, removeFile } from './files/folder.ts';
import { call, type Work } from './files/work.ts';
import { SET_ASIDE } from './folder-names.ts';

/** Enough to see what is wrong with them, and they take room from what can be sent. */
const MOST_FILES = 4;

/**
 * Moves a file out of the way that cannot be read, so that it can be looked at. Only the newest few are kept.
 * @returns where it is now; `undefined` if there is no such file
 * @throws the error of `node:fs`
 */
export function* setAside(serviceFolder: string, path: string, signal: string): Work<string | undefined> {
  const folder = join(serviceFolder, SET_ASIDE);
  yield* makeFolder(folder);
  const names = (yield* namesIn(folder)).filter((name) => name.endsWith('.seg'));
  for (const name of names.slice(0, Math.max(names.length - MOST_FILES + 1, 0))) yield* removeFile(join(folder, name));
  const last = names[names.length - 1]?.split('-')[0];
  // Sorted by name is sorted by time, also if the clock was set back.
  const time = Math.max(wallTime(), Number(last ?? 0) + 1);
  const target = join(folder, `${time}-${signal}.seg`);
  try {
    yield* call('rename', path, target);
    return target;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
