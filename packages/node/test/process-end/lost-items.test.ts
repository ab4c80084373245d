import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../../../../test/collector/src/index.ts';
import { type Ending, useEndingPrograms } from './ending-program.ts';

const WORKER = "const { Worker, isMainThread } = process.getBuiltinModule('node:worker_threads');";

interface Loss {
  readonly name: string;
  readonly program: string;
  readonly ended: Partial<Ending>;
}

/** Ends against which nothing can be done, or nothing is: the README names each. */
const LOSSES: readonly Loss[] = [
  { name: 'process.abort()', program: 'emit(10); process.abort();', ended: { signal: 'SIGABRT' } },
  {
    name: 'an exception within a listener of uncaughtException',
    program: "process.on('uncaughtException', () => { throw new Error('again'); }); emit(10); setImmediate(() => { throw new Error('boom'); });",
    ended: { code: 7 },
  },
  {
    name: 'an exception in a listener of exit that an exception has called',
    program: "process.on('exit', () => { throw new Error('again'); }); emit(10); setImmediate(() => { throw new Error('boom'); });",
    ended: { code: 1 },
  },
  {
    name: 'a worker thread that is terminated',
    program: `${WORKER} if (isMainThread) { const worker = new Worker(process.argv[1]); worker.once('message', () => worker.terminate()); } else { emit(10); process.getBuiltinModule('node:worker_threads').parentPort.postMessage('made'); setTimeout(() => {}, 10_000); }`,
    ended: { code: 0 },
  },
  {
    name: 'process.exit() of the main thread, in a worker thread',
    program: `${WORKER} if (isMainThread) { const worker = new Worker(process.argv[1]); worker.once('message', () => process.exit(3)); } else { emit(10); process.getBuiltinModule('node:worker_threads').parentPort.postMessage('made'); setTimeout(() => {}, 10_000); }`,
    ended: { code: 3 },
  },
];

const programs = useEndingPrograms();
let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

describe('what is held is lost by', () => {
  it.each(LOSSES)('$name', async ({ program, ended }) => {
    expect(await programs.run(program, { url: collector.url })).toMatchObject(ended);
    expect(collector.counts().unique).toBe(0);
  });

  it('process.exit() under --permission without --allow-child-process, which is said at the start', async () => {
    const env = { NODE_OPTIONS: '--permission --allow-fs-read=*', TEST_DIAG: 'yes' };
    const ending = await programs.run('emit(10); process.exit(3);', { url: collector.url, env });
    expect(ending).toMatchObject({ code: 3 });
    expect(ending.stderr).toContain('Spillway: a process without --allow-child-process cannot ship what is left at process.exit() and crashes; it is lost');
    expect(collector.counts().unique).toBe(0);
  });
});
