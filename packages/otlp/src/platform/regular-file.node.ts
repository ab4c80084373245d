import type { Stats } from 'node:fs';
import { nodeFs } from './node-modules.node.ts';

/** The certificates of all public authorities take a quarter of this. */
const MOST_BYTES = 2 ** 20;
const CHUNK_BYTES = 64 * 1024;

/** The path leads to something that is not read. The message does not name the path. */
export class UnfitFileError extends Error {
  override readonly name = 'UnfitFileError';
}

/**
 * Reads a file of modest size. It is synchronous, so it must never wait: a pipe or a device may never end, or may never
 * begin. Symbolic links are followed, because Kubernetes mounts secrets as links.
 * @throws UnfitFileError if it is not a regular file, or has more than 1 MiB; the platform's error if it cannot be read
 */
export function readRegularFile(path: string): Uint8Array {
  const { closeSync, constants, fstatSync, openSync, statSync } = nodeFs();
  // Checked before it is opened, because opening a device may already start it.
  checkRegular(statSync(path));
  // It may be something else by now. Without O_NONBLOCK, opening a pipe waits for a writer. Windows has no such flag.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    checkRegular(fstatSync(file));
    return readToEnd(file);
  } finally {
    closeSync(file);
  }
}

function checkRegular(stats: Stats): void {
  if (!stats.isFile()) throw new UnfitFileError('it is not a regular file');
}

/** Does not rely on the file's size: files of /proc have none, and others grow. */
function readToEnd(file: number): Uint8Array {
  const chunks: Buffer[] = [];
  for (let total = 0; ;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const count = nodeFs().readSync(file, chunk);
    if (count === 0) return Buffer.concat(chunks);
    total += count;
    if (total > MOST_BYTES) throw new UnfitFileError('it is larger than 1 MiB');
    chunks.push(chunk.subarray(0, count));
  }
}
