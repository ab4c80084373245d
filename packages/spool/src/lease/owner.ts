import { join } from 'node:path';
import { readStart, writeAt } from '../files/small-file.ts';
import { codeOf } from '../files/file-error.ts';
import { call, type Work } from '../files/work.ts';
import { FORMAT_VERSION } from '../format/segment-header.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** Who owns the folder of a process: the file `owner.json` in it. Its time of modification is the owner's heartbeat. */
export interface Owner extends ProcessIdentity {
  /** Of the files in the folder. */
  readonly format: number;
  /** The owner has let go of the folder. */
  readonly isReleased: boolean;
}

const LARGEST_OWNER_BYTES = 4_096;

export function ownerPath(folder: string): string {
  return join(folder, 'owner.json');
}

export function* writeOwner(folder: string, identity: ProcessIdentity, isReleased: boolean): Work<void> {
  const owner: Owner = { format: FORMAT_VERSION, isReleased, ...identity };
  // The longer value comes first, so that nothing of it is left after the shorter one.
  const text = JSON.stringify(owner, undefined, 1).padEnd(LARGEST_OWNER_BYTES / 8, ' ');
  yield* writeAt(ownerPath(folder), Buffer.from(`${text}\n`), 0, false);
}

/** @returns `undefined` if there is none, or if it is damaged or not completely written */
export function* readOwner(folder: string): Work<Owner | undefined> {
  let text: string;
  try {
    text = (yield* readStart(ownerPath(folder), LARGEST_OWNER_BYTES)).toString();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { format, isReleased, pid, start, thread, boot, namespace, host } = JSON.parse(text) as Partial<Owner>;
    if (typeof format !== 'number' || typeof pid !== 'number' || typeof thread !== 'number') return undefined;
    return { format, isReleased: isReleased === true, pid, start, thread, boot, namespace, host };
  } catch {
    return undefined;
  }
}

/** @returns a number that changes with each heartbeat; `undefined` if there is no such folder */
export function* heartbeatOf(folder: string): Work<number | undefined> {
  for (const path of [ownerPath(folder), folder]) {
    try {
      return (yield* call('lstat', path)).mtimeMs;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
  return undefined;
}

/** Durable enough: a heartbeat that was lost in a crash is that of a process that has ended. */
export function* beat(folder: string, time: number): Work<void> {
  yield* call('utimes', ownerPath(folder), time, time);
}
