import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../../../../test/collector/src/index.ts';
import { EMITTING, lostAfterEnd, madeBy } from './emitting-program.ts';
import { type Ending, useEndingPrograms } from './ending-program.ts';

const WORKER = "const { Worker, isMainThread } = process.getBuiltinModule('node:worker_threads');";

interface Loss {
  readonly name: string;
  readonly program: string;
  readonly ended: Partial<Ending>;
}

/** Ends that Spillway cannot do anything about, or does not. The README names each. */
const LOSSES: readonly Loss[] = [
  { name: 'process.abort()', program: 'emit(10); process.abort();', ended: { signal: 'SIGABRT' } },
  {
    name: 'an exception within a listener of uncaughtException',
    program:
      "process.on('uncaughtException', () => { throw new Error('again'); }); emit(10); setImmediate(() => { throw new Error('boom'); });",
    ended: { code: 7 },
  },
  {
    name: 'an exception in a listener of exit that an exception has called',
    program:
      "process.on('exit', () => { throw new Error('again'); }); emit(10); setImmediate(() => { throw new Error('boom'); });",
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

describe('held items are lost by', () => {
  it.each(LOSSES)('$name', async ({ program, ended }) => {
    expect(await programs.run(program, { url: collector.url })).toMatchObject(ended);
    expect(collector.counts().unique).toBe(0);
  });

  it.each([
    [
      'under --permission without --allow-child-process',
      { NODE_OPTIONS: '--permission --allow-fs-read=*' },
      '',
      'a process without --allow-child-process',
    ],
    // The marks of such executables. Making a real one would take a minute.
    ['of an executable made by pkg', {}, 'process.pkg = {};', 'a single executable application'],
    ['of an executable made by nexe', {}, 'process.__nexe = {};', 'a single executable application'],
    [
      'of Electron',
      {},
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, electron: '38.0.0' } }); process.type = 'browser';",
      'an Electron application',
    ],
  ])(
    'process.exit() %s, which is logged at the start, and at the end with the number of items',
    async (_, env, before, who) => {
      const ending = await programs.run("emit(10); process.stderr.write('ending\\n'); process.exit(3);", {
        url: collector.url,
        before,
        env: { ...env, TEST_DIAG: 'yes' },
      });
      const reason = `${who} cannot ship items that are left at process.exit() and crashes`;
      const [start, end] = ending.stderr.split('ending\n');
      expect(start).toContain(`Spillway: ${reason}; they are lost\n`);
      expect(end).toBe(`Spillway: lost 20 items as the process ended: 20 drain_timeout (${reason})\n`);
      expect(ending).toMatchObject({ code: 3 });
      expect(collector.counts().unique).toBe(0);
    },
  );

  it('a signal whose drain takes a while, if they are made meanwhile, which is logged', async () => {
    collector.setFault({ kind: 'latency', millis: 200 });
    const { signal, stdout, stderr } = await programs.run(`emit(10); ${EMITTING} process.stdout.write('ready\\n');`, {
      url: collector.url,
      signals: ['SIGTERM'],
      env: { TEST_DIAG: 'yes' },
    });
    expect(signal).toBe('SIGTERM');
    expect(lostAfterEnd(stderr)).toBeGreaterThan(0);
    expect(collector.counts().unique).toBe(madeBy(stdout) - lostAfterEnd(stderr));
  });

  it('process.exit() if the exporter is a foreign one, which is logged', async () => {
    const options = 'processor: { exporter: { export() {}, shutdown: async () => {} } }';
    const ending = await programs.run('emit(10); process.exit(3);', {
      url: collector.url,
      options,
      env: { TEST_DIAG: 'yes' },
    });
    expect(ending).toMatchObject({ code: 3 });
    expect(ending.stderr).toContain(
      'Spillway: lost 20 items as the process ended: 20 drain_timeout (their exporter cannot hand them over to another process)\n',
    );
  });

  it('process.exit() of a single executable application, which is said at the start, and at the end with the count', async () => {
    // A real one would take long to make. This is the question that Node answers in one.
    const before = "process.getBuiltinModule('node:sea').isSea = () => true;";
    const ending = await programs.run("emit(10); process.stderr.write('ending\\n'); process.exit(3);", {
      url: collector.url,
      before,
      env: { TEST_DIAG: 'yes' },
    });
    const reason = 'a single executable application cannot ship items that are left at process.exit() and crashes';
    const [start, end] = ending.stderr.split('ending\n');
    expect(start).toContain(`Spillway: ${reason}; they are lost\n`);
    expect(end).toBe(`Spillway: lost 20 items as the process ended: 20 drain_timeout (${reason})\n`);
    expect(collector.counts().unique).toBe(0);
  });
});
