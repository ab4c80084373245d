import { constants } from 'node:fs';
import { call, type Work } from './work.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Without following a link, and without waiting for a writer if it is a pipe. (Windows has neither flag.) */
export const READ_ONLY = O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);
/** Only the user of the process can read it. */
export const FILE_MODE = 0o600;
/** In one step. */
const COPY_BYTES = 2 ** 20;

/** @returns at most the first `maxBytes` of a file */
export function* readStart(path: string, maxBytes: number): Work<Buffer> {
  const fd = yield* call('open', path, READ_ONLY, 0);
  try {
    const bytes = Buffer.alloc(maxBytes);
    return bytes.subarray(0, yield* readFully(fd, bytes, maxBytes, 0));
  } finally {
    yield* call('close', fd);
  }
}

/** @returns how many bytes there were, which is fewer only at the end of the file */
export function* readFully(fd: number, into: Uint8Array, length: number, position: number): Work<number> {
  let done = 0;
  while (done < length) {
    const count = yield* call('read', fd, into, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** @throws the error of the write, or an Error if the file system takes nothing without saying why */
export function* writeFully(fd: number, chunks: readonly Uint8Array[], position: number): Work<void> {
  let rest = chunks;
  let at = position;
  while (rest.length > 0) {
    const count = yield* call('writev', fd, rest, at);
    if (count === 0) throw new Error('write: nothing was written');
    at += count;
    rest = after(rest, count);
  }
}

function after(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let skipped = 0;
  for (const [index, chunk] of chunks.entries()) {
    if (count < skipped + chunk.byteLength) return [chunk.subarray(count - skipped), ...chunks.slice(index + 1)];
    skipped += chunk.byteLength;
  }
  return [];
}

/** Writes a part of a file in its place. The file is made if it does not exist. */
export function* writeAt(path: string, bytes: Uint8Array, position: number, isSynced: boolean): Work<void> {
  const fd = yield* call('open', path, O_WRONLY | O_CREAT | (O_NOFOLLOW ?? 0), FILE_MODE);
  try {
    yield* writeFully(fd, [bytes], position);
    if (isSynced) yield* call('fdatasync', fd);
  } finally {
    yield* call('close', fd);
  }
}

/** Copies the first bytes of a file to another one. @throws Error if it has fewer */
export function* copyStart(from: number, to: number, length: number): Work<void> {
  const chunk = Buffer.allocUnsafe(Math.min(length, COPY_BYTES));
  for (let done = 0; done < length;) {
    const count = yield* readFully(from, chunk, Math.min(length - done, chunk.length), done);
    if (count === 0) throw new Error('read: the file is shorter than what was written to it');
    yield* writeFully(to, [chunk.subarray(0, count)], done);
    done += count;
  }
}
