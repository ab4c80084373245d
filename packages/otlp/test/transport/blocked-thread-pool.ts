import { execFileSync } from 'node:child_process';
import { closeSync, constants, open, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Blocks every thread of libuv's pool until the test is over, as a silent name server may do. */
export async function blockThreadPool(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-pool-'));
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  const pipes = Array.from({ length: threads }, (_, index) => join(folder, String(index)));
  execFileSync('mkfifo', pipes);
  // Opening a pipe for reading waits until somebody opens it for writing.
  const opened = pipes.map(
    (pipe) => new Promise<void>((resolve) => open(pipe, 'r', (_, descriptor) => resolve(closeSync(descriptor)))),
  );
  onTestFinished(async () => {
    const writers = pipes.map((pipe) => openSync(pipe, constants.O_RDWR));
    await Promise.all(opened);
    for (const writer of writers) closeSync(writer);
    await rm(folder, { recursive: true });
  });
}
