import {
  BackpressureLogRecordProcessor,
  type BackpressureLogRecordProcessorOptions,
  LogRecordEncoder,
  type ReadableLogRecordLike,
} from '@spillway/logs';
import { listFormat } from '@spillway/pipeline';
import { afterAll, describe, expect, it } from 'vitest';
import { MemorySpool } from '../../packages/pipeline/test/spool/memory-spool.ts';
import { makeLogRecord } from '../../packages/logs/test/make-log-record.ts';
import { passUntil, passStep, STEP_MILLIS, useSimulatedTime } from '../sampling/simulated-time.ts';
import { writeTable } from './write-table.ts';
import { useLoggedLines } from './logged-lines.ts';
import { type Answer, ScriptedCollector } from './scripted-collector.ts';

const MINUTES = 3;
const MINUTE_MILLIS = 60_000;
const RECORDS_PER_STEP = 5;

/** The queue size of OpenTelemetry's own processors. */
const UPSTREAMS_QUEUE = { maxQueueSize: 2_048, maxExportBatchSize: 512 };

interface Weather {
  readonly title: string;
  /** The most lines that a minute may have. */
  readonly most: number;
  readonly options?: BackpressureLogRecordProcessorOptions;
  readonly answerAt: (millis: number) => ReturnType<Answer>;
}

const delivered = { kind: 'delivered' } as const;
const busy = { kind: 'throttled', error: new Error('collector:4318 answered 503') } as const;
const gone = {
  kind: 'retry',
  error: new Error('no connection to collector:4318 (ECONNREFUSED)'),
  unreachable: true,
} as const;
const denied = { kind: 'retry', error: new Error('collector:4318 answered 401'), denied: true } as const;
const reset = { kind: 'retry', error: new Error('the connection to collector:4318 broke (ECONNRESET)') } as const;

const WEATHERS: readonly Weather[] = [
  { title: 'A quick collector', most: 0, answerAt: () => delivered },
  { title: 'No collector, ever', most: 7, options: UPSTREAMS_QUEUE, answerAt: () => gone },
  {
    title: 'A collector that is gone from the first minute to the second',
    most: 8,
    options: UPSTREAMS_QUEUE,
    answerAt: (millis) => (millis < MINUTE_MILLIS || millis > 2 * MINUTE_MILLIS ? delivered : gone),
  },
  {
    title: 'The same, with a spool',
    most: 10,
    options: { ...UPSTREAMS_QUEUE, spool: new MemorySpool({ lateMillis: 10 }) },
    answerAt: (millis) => (millis < MINUTE_MILLIS || millis > 2 * MINUTE_MILLIS ? delivered : gone),
  },
  {
    title: 'A collector that fails every other second',
    most: 8,
    answerAt: (millis) => (Math.floor(millis / 1_000) % 2 === 0 ? delivered : busy),
  },
  {
    title: 'A collector that comes and goes every ten seconds, and a small queue',
    most: 15,
    options: UPSTREAMS_QUEUE,
    answerAt: (millis) => (Math.floor(millis / 10_000) % 2 === 0 ? delivered : gone),
  },
  {
    title: 'Requests that are reset now and again',
    most: 8,
    answerAt: (millis) => (Math.floor(millis / STEP_MILLIS) % 7 === 0 ? reset : delivered),
  },
  {
    title: 'A collector that never answers',
    most: 8,
    options: { ...UPSTREAMS_QUEUE, exportTimeoutMillis: 2_000 },
    answerAt: () => undefined,
  },
  {
    title: 'A collector that refuses everything (400)',
    most: 5,
    answerAt: () => ({ kind: 'refused', error: new Error('collector:4318 answered 400') }),
  },
  {
    title: 'A collector that denies the credentials (401) in the second minute',
    most: 5,
    answerAt: (millis) => (millis < MINUTE_MILLIS || millis > 2 * MINUTE_MILLIS ? delivered : denied),
  },
  {
    title: 'A collector with two replicas, one of which denies the credentials',
    most: 8,
    answerAt: (millis) => (Math.floor(millis / STEP_MILLIS) % 2 === 0 ? denied : delivered),
  },
  {
    title: 'A collector that rejects a part of each request',
    most: 5,
    answerAt: () => ({ kind: 'delivered', rejected: 1, error: new Error('collector:4318 rejected 1 items: too old') }),
  },
  {
    title: 'A gateway that answers 200 with a page of HTML',
    most: 3,
    answerAt: () => ({
      kind: 'delivered',
      error: new Error('collector:4318 answered 200, and the body is not an OTLP response: <html>'),
    }),
  },
  {
    title: 'A collector that asks to wait for 5 s, again and again',
    most: 8,
    options: UPSTREAMS_QUEUE,
    answerAt: (millis) => (millis % 6_000 < 1_000 ? { ...busy, retryAfterMs: 5_000 } : delivered),
  },
  {
    title: "A queue of OpenTelemetry's size before a collector that takes a fifth of the load",
    most: 16,
    options: { ...UPSTREAMS_QUEUE, maxConcurrentExports: 1 },
    answerAt: (millis) => (millis % 5_000 < 1_000 ? delivered : busy),
  },
];

const rows: string[][] = [];

describe('the log of a pipeline', () => {
  useSimulatedTime();
  const { lines } = useLoggedLines();

  it.each(WEATHERS)('has few lines a minute in this weather: $title', async ({ title, most, options, answerAt }) => {
    const collector = new ScriptedCollector(listFormat<ReadableLogRecordLike>(new LogRecordEncoder()).newBuffer);
    const startedAt = performance.now();
    collector.answer = () => answerAt(performance.now() - startedAt);
    const processor = new BackpressureLogRecordProcessor({
      exporter: collector,
      scheduledDelayMillis: 200,
      drainTimeoutMillis: 2_000,
      ...options,
    });
    for (let time = 0; time < MINUTES * MINUTE_MILLIS; time += STEP_MILLIS) {
      for (let record = 0; record < RECORDS_PER_STEP; record += 1) processor.onEmit(makeLogRecord());
      await passStep();
    }
    const counts = Array.from(
      { length: MINUTES },
      (_, minute) => lines.filter(({ at }) => Math.floor(at / MINUTE_MILLIS) === minute).length,
    );
    expect(
      Math.max(...counts),
      lines.map(({ at, level, text }) => `${at} ${level} ${text}`).join('\n'),
    ).toBeLessThanOrEqual(most);
    rows.push([title, ...counts.map(String)]);
    await passUntil(processor.shutdown());
  });

  afterAll(() =>
    writeTable('weather', [['weather', '1st minute', '2nd', '3rd'], ['---', '--:', '--:', '--:'], ...rows]),
  );
});
