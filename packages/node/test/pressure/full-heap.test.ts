import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../bundle.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';

/**
 * Fills the heap with live objects until the pressure makes a pipeline elevated. It stops there: from 80 % of the limit
 * on, V8 may end a process whose collections free little, and when it does depends on how busy the machine is.
 */
const PROGRAM = `
  import { isMainThread, Worker } from 'node:worker_threads';
  import { heapPressure } from ${JSON.stringify(fileURLToPath(new URL('../../src/pressure/heap-pressure.ts', import.meta.url)))};

  if (process.env.TEST_WORKER_MB !== undefined && isMainThread) {
    new Worker(process.argv[1], { resourceLimits: { maxOldGenerationSizeMb: Number(process.env.TEST_WORKER_MB) } });
  } else {
    const source = heapPressure();
    const held = (globalThis.held = []);
    console.log(source.utilization());
    while (source.utilization() < 0.5) held.push(Array.from({ length: 1_000 }, (_, index) => index + 0.5));
    console.log('elevated');
  }
`;

const folder = useTemporaryFolder();
beforeAll(() => bundle(PROGRAM, folder.path('fill.mjs')));

describe('a heap that fills', () => {
  it.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    ['of 64 MiB', ['--max-old-space-size=64'], {}],
    ['of 200 MiB', ['--max-old-space-size=200'], {}],
    ['of 200 MiB, with a small young generation', ['--max-old-space-size=200', '--max-semi-space-size=2'], {}],
    ['of 100 MiB, by a variable', [], { NODE_OPTIONS: '--max_old_space_size=100' }],
    ['of a worker thread, of 100 MiB', [], { TEST_WORKER_MB: '100' }],
  ])('presses on the process before V8 ends it: %s', async (_, flags, env) => {
    const child = spawn(process.execPath, [...flags, folder.path('fill.mjs')], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    expect({ code: child.exitCode, out, err }).toEqual({ code: 0, out: '0\nelevated\n', err: '' });
  });
});
