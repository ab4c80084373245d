import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../../../../test/collector/src/index.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { endOf, NOWHERE, useEndingPrograms } from './ending-program.ts';
import { EMITTING, lostAfterEnd, madeBy } from './emitting-program.ts';
import { MADE, WAYS } from './ways-to-end.ts';

const STAY = "setTimeout(() => {}, 20_000); process.stdout.write('ready\\n');";
const DELTAS = "metrics: { temporalityPreference: 'delta' },";

const folder = useTemporaryFolder();
const programs = useEndingPrograms();
let collector: Collector;
let directory: string;
let count = 0;
beforeEach(async () => {
  collector = await startCollector();
  count += 1;
  directory = folder.path(`spool.${count}`);
});
afterEach(() => collector.close());

const env = (others: Readonly<Record<string, string>> = {}) => ({ TEST_SPOOL: directory, ...others });
/** Spans and log records. */
const delivered = () => collector.countsOf('traces').unique + collector.countsOf('logs').unique;
/** The value of the counter, without requests that came twice. */
const counted = () => collector.totalOf('orders') - collector.repeatedOf('orders');

/** Everything below the folder of the spool. */
async function filesOf(): Promise<readonly string[]> {
  if (!existsSync(directory)) return [];
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The next process of the service, which makes nothing itself. It ends when the collector has what is expected. */
async function runSuccessor(isDone: () => boolean): Promise<void> {
  const child = await programs.start(STAY, { url: collector.url, options: DELTAS, env: env() });
  const ended = endOf(child);
  try {
    await collector.until(isDone, { timeoutMillis: 10_000 });
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

describe.each(WAYS)('a process without a collector that ends by $name', ({ program, before = '', signals = [] }) => {
  it('has stored everything, ends as it would without Spillway, and the next process delivers it', async () => {
    const ending = await programs.run(program, { url: NOWHERE, signals, before, options: DELTAS, env: env() });
    const otherwise = await programs.run(program, { url: NOWHERE, signals, before, isWatched: false });
    const { millis, ...seen } = ending;
    expect(seen).toEqual({
      code: otherwise.code,
      signal: otherwise.signal,
      stdout: otherwise.stdout,
      stderr: otherwise.stderr,
    });
    expect(millis).toBeLessThan(4_000);
    await runSuccessor(() => delivered() >= 2 * MADE && counted() >= MADE);
    expect([delivered(), counted()]).toEqual([2 * MADE, MADE]);
    expect(collector.counts().duplicates).toBe(0);
    expect(await filesOf()).toEqual([]);
  });
});

describe('kill -9', () => {
  it.each(['never', 'interval', 'segment', 'always'] as const)(
    'with sync %s loses what was in memory, and the next process delivers what was in files',
    async (sync) => {
      // The queue has room for few of the items, so most are in the spool, which has the time to write them.
      const program = `
        emit(2_000);
        setTimeout(() => {
          const stored = processors.reduce((sum, processor) => sum + processor.getMetrics().spool.items, 0);
          const held = processors.reduce((sum, processor) => { const { bufferSize, inFlight } = processor.getMetrics(); return sum + bufferSize + inFlight; }, 0);
          console.log(JSON.stringify({ stored, held }));
          process.kill(process.pid, 'SIGKILL');
        }, 1_000);`;
      const options = `spoolOptions: { sync: '${sync}' }, processor: { maxQueueSize: 200, scheduledDelayMillis: 10_000 }`;
      const { signal, stdout } = await programs.run(program, { url: NOWHERE, options, env: env() });
      const { stored, held } = JSON.parse(stdout) as { readonly stored: number; readonly held: number };
      expect(signal).toBe('SIGKILL');
      expect(stored + held).toBe(4_000);
      expect(stored).toBeGreaterThan(3_000);
      await runSuccessor(() => delivered() >= stored);
      expect(delivered()).toBe(stored);
      expect(collector.counts().duplicates).toBe(0);
    },
  );

  it('of a process that resends leaves the rest to the one after it', async () => {
    const program = `emit(1_000); process.exit();`;
    await programs.run(program, { url: NOWHERE, env: env(), options: 'processor: { maxExportBatchSize: 10 }' });
    collector.setFault({ kind: 'latency', millis: 50 });
    const child = await programs.start(STAY, { url: collector.url, env: env() });
    const ended = endOf(child);
    await collector.until(() => delivered() >= 100, { timeoutMillis: 10_000 });
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    expect(delivered()).toBeLessThan(2_000);
    collector.setFault(undefined);
    await runSuccessor(() => delivered() >= 2_000);
    expect(delivered()).toBe(2_000);
    expect(await filesOf()).toEqual([]);
  });
});

describe('with a spool', () => {
  const END = (fate: string) => new RegExp(`^Spillway: ${fate}$`, 'm');

  it('and a collector that is well, nothing is on the disk, whatever the end', async () => {
    const ends: [string, NodeJS.Signals[]][] = [
      [`emit(10);`, []],
      [`emit(10); ${STAY}`, ['SIGTERM']],
    ];
    for (const [program, signals] of ends) await programs.run(program, { url: collector.url, env: env(), signals });
    expect(delivered()).toBe(40);
    expect(existsSync(directory)).toBe(false);
  });

  it('process.exit() stores without a child, and the last line says how much', async () => {
    const { code, stderr, millis } = await programs.run(
      "emit(10); process.stdout.write('ending\\n'); process.exit(3);",
      { url: collector.url, env: env({ TEST_DIAG: 'yes' }) },
    );
    expect(code).toBe(3);
    expect(stderr.trim().split('\n').at(-1)).toMatch(END('stored 20 items in the spool as the process ended'));
    expect(millis).toBeLessThan(1_000);
    expect(collector.counts().unique).toBe(0);
    await runSuccessor(() => delivered() >= 20);
    expect(collector.counts()).toMatchObject({ unique: 20, duplicates: 0 });
  });

  it('items that are made while a signal drains are delivered or stored, except the last, which a line counts', async () => {
    collector.setFault({ kind: 'latency', millis: 200 });
    const { signal, stdout, stderr, millis } = await programs.run(`emit(10); ${EMITTING} ${STAY}`, {
      url: collector.url,
      signals: ['SIGTERM'],
      env: env({ TEST_DIAG: 'yes' }),
      options: 'drainTimeoutMillis: 5_000',
    });
    expect(signal).toBe('SIGTERM');
    // It does not wait until no more items come.
    expect(millis).toBeLessThan(4_000);
    const [made, lost] = [madeBy(stdout), lostAfterEnd(stderr)];
    await runSuccessor(() => delivered() >= made - lost);
    expect(delivered()).toBe(made - lost);
    expect(lost).toBeLessThan(made / 2);
  });

  it('a drain that runs out of time stores what is left before it counts as lost', async () => {
    collector.setFault({ kind: 'hang' });
    const { signal, millis, stderr } = await programs.run(`emit(600); ${STAY}`, {
      url: collector.url,
      options: 'drainTimeoutMillis: 500',
      signals: ['SIGTERM'],
      env: env({ TEST_DIAG: 'yes' }),
    });
    expect(signal).toBe('SIGTERM');
    expect(millis).toBeLessThan(1_600);
    expect(stderr).not.toMatch(/\blost\b|undelivered/);
    collector.setFault(undefined);
    await runSuccessor(() => delivered() >= 1_200);
    expect(delivered()).toBe(1_200);
  });

  it('a second signal stores what the drain has not sent', async () => {
    collector.setFault({ kind: 'hang' });
    const { signal, stderr } = await programs.run(`emit(10); ${STAY}`, {
      url: collector.url,
      options: 'drainTimeoutMillis: 8_000',
      signals: ['SIGTERM', 'SIGINT'],
      env: env({ TEST_DIAG: 'yes' }),
    });
    expect(signal).toBe('SIGINT');
    expect(stderr).toMatch(END('stored 20 items in the spool as the process ended'));
    collector.setFault(undefined);
    await runSuccessor(() => delivered() >= 20);
    expect(delivered()).toBe(20);
  });

  it('that cannot write, the items are shipped, and a line says why', async () => {
    await writeFile(directory, 'a file is where the folder should be');
    const { code, stderr } = await programs.run('emit(10); process.exit(3);', {
      url: collector.url,
      env: env({ TEST_DIAG: 'yes' }),
    });
    expect(code).toBe(3);
    expect(stderr).toContain(`cannot write to ${directory}: `);
    expect(stderr).not.toMatch(/as the process ended/);
    expect(delivered()).toBe(20);
  });

  it('that cannot write, and no collector, the last line says what is lost, and why', async () => {
    await writeFile(directory, 'a file is where the folder should be');
    const { stderr } = await programs.run('emit(10); process.exit(3);', {
      url: NOWHERE,
      env: env({ TEST_DIAG: 'yes' }),
    });
    expect(stderr.trim().split('\n').at(-1)).toMatch(
      END('lost 20 items as the process ended: 20 drain_timeout \\(no connection to .*ECONNREFUSED.*\\)'),
    );
  });

  it("exit: 'none' gives up what is left, and keeps what the spool has already", async () => {
    const program = `emit(2_000); setImmediate(() => { console.log(processors.reduce((sum, processor) => sum + processor.getMetrics().spool.items, 0)); process.exit(3); });`;
    const { stdout, stderr } = await programs.run(program, {
      url: NOWHERE,
      options: "exit: 'none', processor: { maxQueueSize: 200 }",
      env: env(),
    });
    const stored = Number(stdout);
    expect(stored).toBeGreaterThan(2_000);
    expect(stderr).toBe('');
    await runSuccessor(() => delivered() >= stored);
    expect(delivered()).toBe(stored);
  });
});

describe("with a spool and exit: 'ship'", () => {
  const options = "exit: 'ship'";

  it('process.exit() ships what is left, and nothing is on the disk', async () => {
    expect(await programs.run('emit(10); process.exit(3);', { url: collector.url, options, env: env() })).toMatchObject(
      { code: 3, stderr: '' },
    );
    expect(collector.counts()).toMatchObject({ unique: 20, duplicates: 0 });
    expect(existsSync(directory)).toBe(false);
  });

  it('process.exit() stores what no child can ship', async () => {
    const { stderr } = await programs.run('emit(10); process.exit(3);', {
      url: collector.url,
      options,
      before: 'process.pkg = {};',
      env: env({ TEST_DIAG: 'yes' }),
    });
    expect(stderr).toContain('Spillway: stored 20 items in the spool as the process ended');
    expect(collector.counts().unique).toBe(0);
    await runSuccessor(() => delivered() >= 20);
    expect(collector.counts()).toMatchObject({ unique: 20, duplicates: 0 });
  });

  it('process.exit() stores what there is no time to ship, and the last line says how much', async () => {
    collector.setFault({ kind: 'hang' });
    const { stderr } = await programs.run("emit(100, 'x'.repeat(300_000)); process.exit(3);", {
      url: collector.url,
      // More than a child takes at a time.
      options,
      env: env({ TEST_DIAG: 'yes' }),
    });
    const [, stored = '', lost = ''] =
      /stored (\d+) items in the spool, lost (\d+) as the process ended/.exec(stderr) ?? [];
    expect(Number(stored)).toBeGreaterThan(0);
    expect(Number(stored) + Number(lost)).toBe(200);
    collector.setFault(undefined);
    await runSuccessor(() => delivered() >= Number(stored));
    expect(delivered()).toBe(Number(stored));
  });

  it('a drain that runs out of time stores what is left', async () => {
    collector.setFault({ kind: 'hang' });
    await programs.run(`emit(10); ${STAY}`, {
      url: collector.url,
      options: `${options}, drainTimeoutMillis: 300`,
      signals: ['SIGTERM'],
      env: env(),
    });
    collector.setFault(undefined);
    await runSuccessor(() => delivered() >= 20);
    expect(delivered()).toBe(20);
  });
});
