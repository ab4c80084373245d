import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SpanStatusCode } from '@opentelemetry/api';
import { type Collector, startCollector } from '@spillway/test/collector';
import { type RunningProgram, startProgram } from '@spillway/test/example';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTarget, type Target } from './target.ts';

const EXAMPLE = new URL('..', import.meta.url);
const MESSAGES = 600;
const numbers = Array.from({ length: MESSAGES }, (_, index) => index);
const ascending = (one: number, other: number): number => one - other;

// Runs the built packages.
describe('the example of a queue worker', () => {
  let collector: Collector;
  let folder: string;

  beforeEach(async () => {
    collector = await startCollector();
    folder = await mkdtemp(join(tmpdir(), 'spillway-queue-'));
    await Promise.all(
      numbers.map((number) => writeFile(join(folder, `${String(number).padStart(4, '0')}.json`), String(number))),
    );
  });

  afterEach(async () => {
    await collector.close();
    await rm(folder, { recursive: true });
  });

  const work = (target: Target, env: Record<string, string> = {}): RunningProgram =>
    startProgram(EXAMPLE, ['--import', '@spillway/node/register', 'src/app.ts'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_LOG_LEVEL: 'warn',
      QUEUE_FOLDER: folder,
      TARGET_URL: target.url,
      ...env,
    });

  /** The numbers of the messages whose file name has this ending. */
  const left = async (ending: string): Promise<number[]> =>
    (await readdir(folder))
      .filter((name) => name.endsWith(ending))
      .map((name) => Number.parseInt(name, 10))
      .toSorted(ascending);

  it('takes messages no faster than a slow target that sometimes fails, and loses none', async () => {
    await using target = await startTarget(async (_, request) => {
      await sleep(15);
      return request % 5 === 2 ? 503 : 204;
    });
    await using worker = work(target);
    await target.until(({ taken }) => taken.length === MESSAGES);
    const { code, stdout, stderr } = await worker.end('SIGTERM');

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [, most] =
      /^600 delivered, 0 set aside, 0 taken and still in the queue; (\d+) at a time\n$/.exec(stdout) ?? [];
    expect(Number(most)).toBeGreaterThan(50);
    expect(Number(most)).toBeLessThanOrEqual(100);
    expect(target.taken.toSorted(ascending)).toEqual(numbers);
    expect(await readdir(folder)).toEqual([]);
    // There is a span for each attempt, including the last one.
    const failed = collector.spans().filter(({ span }) => span.status?.code === SpanStatusCode.ERROR);
    expect(collector.spans()).toHaveLength(target.requests);
    expect(failed).toHaveLength(target.statuses.filter((status) => status === 503).length);
  });

  it('delivers the messages that it holds when it is told to end, and leaves the others in the queue', async () => {
    await using target = await startTarget(() => sleep(15, 204));
    await using worker = work(target);
    await target.until(({ taken }) => taken.length >= 150);
    const { code, stdout, stderr } = await worker.end('SIGTERM');

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${target.taken.length} delivered, 0 set aside, 0 taken and still in the queue`);
    const remaining = await left('.json');
    expect(remaining.length).toBeGreaterThan(0);
    expect([...target.taken, ...remaining].toSorted(ascending)).toEqual(numbers);
    expect(collector.spans()).toHaveLength(target.requests);
  });

  it('ends in time if the target hangs, and leaves all messages in the queue', async () => {
    await using target = await startTarget(() => new Promise(() => {}));
    await using worker = work(target, { DRAIN_MILLIS: '300' });
    await target.until(({ requests }) => requests === 1);
    const start = performance.now();
    const { code, stdout } = await worker.end('SIGTERM');

    expect(code).toBe(0);
    expect(performance.now() - start).toBeLessThan(3_000);
    expect(stdout).toMatch(/^0 delivered, 0 set aside, \d+ taken and still in the queue/);
    expect(await left('.json')).toEqual(numbers);
  });

  it('sets aside messages that the target refuses for good', async () => {
    await using target = await startTarget(async (batch) => (batch.includes(30) ? 400 : 204));
    await using worker = work(target);
    await target.until(({ statuses, taken }) => statuses.includes(400) && taken.length === MESSAGES - 25);
    const { stdout } = await worker.end('SIGTERM');

    expect(stdout).toMatch(/^575 delivered, 25 set aside, 0 taken/);
    expect(await left('.refused')).toContain(30);
    expect(await left('.json')).toEqual([]);
  });

  it('sets aside a message that is not JSON, and carries the others', async () => {
    await using target = await startTarget(async () => 204);
    await writeFile(join(folder, '0007.json'), '{"half');
    await using worker = work(target);
    await target.until(({ taken }) => taken.length === MESSAGES - 1);
    const { code, stdout, stderr } = await worker.end('SIGTERM');

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^599 delivered, 0 set aside, 0 taken/);
    expect(await left('.refused')).toEqual([7]);
  });
});
