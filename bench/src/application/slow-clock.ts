/** Writes a byte to a pipe at an interval, in a thread of its own. */
import { openSync, writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const { pipe, millis } = workerData as { readonly pipe: string; readonly millis: number };
const fd = openSync(pipe, 'w');
const never = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  Atomics.wait(never, 0, 0, millis);
  writeSync(fd, '.');
}
