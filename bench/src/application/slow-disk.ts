import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, read, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { RequestSpool } from '@spillway/pipeline';
import { type FileOperation, type FileSystem, NODE_FILES } from '../../../packages/spool/src/files/file-system.ts';
import { resolveSpoolOptions } from '../../../packages/spool/src/spool-options.ts';
import { Store } from '../../../packages/spool/src/store.ts';

const SLOW: ReadonlySet<FileOperation> = new Set(['open', 'writev', 'fdatasync', 'fsync', 'rename', 'unlink', 'mkdir']);
/** As much as a pipe holds. */
const PIPE_BYTES = 65_536;

const readFrom = promisify(read);

/** A spool whose writes take that many milliseconds in a thread of libuv, which waits, as it would for a disk. */
export function spoolOnSlowDisk(millis: number): RequestSpool {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-bench-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const options = resolveSpoolOptions({ directory: join(directory, 'spool'), service: 'bench' });
  return new Store(options, slowed(join(directory, 'clock'), millis));
}

/** A pipe that gets a byte at each tick of a clock: only a read of it makes a thread of libuv wait. */
function slowed(pipe: string, millis: number): FileSystem {
  execFileSync('mkfifo', [pipe]);
  const fd = openSync(pipe, constants.O_RDWR);
  new Worker(new URL('slow-clock.ts', import.meta.url), { workerData: { pipe, millis } }).unref();
  const buffer = Buffer.alloc(PIPE_BYTES);
  // The first read may find old ticks.
  const wait = async (): Promise<void> => {
    for (let reads = 0; reads < 2; reads += 1) await readFrom(fd, buffer, 0, PIPE_BYTES, null);
  };
  return {
    async later(call) {
      if (SLOW.has(call.name)) await wait();
      return NODE_FILES.later(call);
    },
    now: (call) => NODE_FILES.now(call),
  };
}
