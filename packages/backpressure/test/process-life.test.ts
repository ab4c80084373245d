import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = new URL('../src/index.ts', import.meta.url).href;

interface Life {
  /** 13 is Node's exit code for a process that ended while its main module still awaited something. */
  readonly code: number;
  readonly output: string;
  readonly milliseconds: number;
}

/** Runs a program in its own process, and waits until it ends by itself. */
function live(program: string): Promise<Life> {
  const script = `import { BackpressureController } from ${JSON.stringify(source)};\n${program}`;
  const start = performance.now();
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { cwd: fileURLToPath(new URL('.', import.meta.url)), timeout: 25_000, killSignal: 'SIGKILL' },
      (_, stdout, stderr) =>
        resolve({
          code: child.exitCode ?? -1,
          output: (stdout + stderr).trim(),
          milliseconds: performance.now() - start,
        }),
    );
  });
}

const delivering = 'async () => ({ kind: "delivered" })';
const hanging = '() => new Promise(() => {})';

describe.concurrent('a controller does not keep a process alive', () => {
  it.each([
    ['that holds items and was never started', `const c = new BackpressureController(${delivering}); c.tryPush(1);`],
    [
      'whose interval timer is armed',
      `const c = new BackpressureController(${delivering}, { minFlushIntervalMs: 60_000, maxFlushIntervalMs: 60_000 }); c.start(); c.tryPush(1);`,
    ],
    [
      'that has a hanging flush',
      `const c = new BackpressureController(${hanging}, { batchSize: 1, flushTimeoutMs: 60_000 }); c.start(); c.tryPush(1);`,
    ],
    [
      'that waits for a retry',
      `const c = new BackpressureController(async () => { throw new Error() }, { batchSize: 1, retry: { initialBackoffMs: 60_000, maxBackoffMs: 60_000 } }); c.start(); c.tryPush(1);`,
    ],
    [
      'that was throttled',
      `const c = new BackpressureController(async () => ({ kind: 'throttled', retryAfterMs: 60_000 }), { batchSize: 1 }); c.start(); c.tryPush(1);`,
    ],
    [
      'that reads pressure sources',
      `const c = new BackpressureController(${delivering}, { pressure: [{ utilization: () => 0 }] }); c.start();`,
    ],
    [
      'for whose room a caller waits in ready',
      `const c = new BackpressureController(${hanging}, { maxBufferSize: 1, flushTimeoutMs: 60_000 }); c.start(); c.tryPush(1); void c.ready().then(() => console.log('ready'));`,
    ],
  ])('%s', async (_, program) => {
    const { code, output, milliseconds } = await live(`${program}\nconsole.log('end of the program');`);
    expect({ code, output }).toEqual({ code: 0, output: 'end of the program' });
    expect(milliseconds).toBeLessThan(20_000);
  });
});

describe.concurrent('a process lives until the end of what it awaits', () => {
  it.each([
    [
      'a drain that succeeds with the second attempt',
      `let calls = 0; const c = new BackpressureController(async () => { calls += 1; if (calls === 1) throw new Error('once'); return { kind: 'delivered' }; }); c.tryPush(1); console.log(JSON.stringify(await c.drain()));`,
      '{"flushed":1,"failed":0,"remaining":0}',
    ],
    [
      'a drain of a flush that hangs, until its deadline',
      `const c = new BackpressureController(${hanging}); c.tryPush(1); console.log(JSON.stringify(await c.drain({ timeoutMs: 150 })));`,
      '{"flushed":0,"failed":0,"remaining":1}',
    ],
    [
      'a flush that hangs, until its deadline',
      `const c = new BackpressureController(${hanging}); c.tryPush(1); console.log(await c.flush({ timeoutMs: 150 }));`,
      'false',
    ],
    [
      'the end of a close',
      `const c = new BackpressureController(${hanging}); c.tryPush(1); await c.close({ timeoutMs: 150 }); console.log(c.getMetrics().droppedByReason.drain_timeout);`,
      '1',
    ],
    [
      'a push that waits for room, until it is refused',
      `const c = new BackpressureController(${hanging}, { strategy: 'block', maxBufferSize: 1, maxBlockTimeMs: 150 }); c.start(); await c.push(1); console.log(await c.push(2));`,
      'false',
    ],
    [
      'a push that gets room from a flush',
      `const c = new BackpressureController(() => new Promise((resolve) => setTimeout(resolve, 100, { kind: 'delivered' })), { strategy: 'block', maxBufferSize: 1 }); c.start(); await c.push(1); console.log(await c.push(2));`,
      'true',
    ],
    [
      'the block of an await using',
      `{ await using c = new BackpressureController(${delivering}); c.tryPush(1); globalThis.c = c; } console.log(c.getMetrics().eventsFlushed);`,
      '1',
    ],
  ])('%s', async (_, program, expected) => {
    const { code, output } = await live(program);
    expect({ code, output }).toEqual({ code: 0, output: expected });
  });

  it('but not until the deadline of a drain that is over', async () => {
    const { milliseconds, code } = await live(
      `const c = new BackpressureController(${delivering}, { drainTimeoutMs: 60_000 }); c.tryPush(1); await c.flush(); await c.drain(); await c.close();`,
    );
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(20_000);
  });
});
