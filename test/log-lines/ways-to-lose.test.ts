import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  BackpressureLogRecordProcessor,
  type BackpressureLogRecordProcessorOptions,
  LogRecordEncoder,
  type ReadableLogRecordLike,
} from '@spillway/logs';
import { BackpressureMetricReader, MetricBuffer } from '@spillway/metrics';
import { listFormat } from '@spillway/pipeline';
import { BackpressureSampler, BackpressureSpanProcessor, type ReadableSpanLike, SpanEncoder } from '@spillway/trace';
import { afterAll, describe, expect, it } from 'vitest';
import { makeLogRecord } from '../../packages/logs/test/make-log-record.ts';
import { makeSpan } from '../../packages/trace/test/sampling/make-span.ts';
import { MemorySpool } from '../../packages/pipeline/test/spool/memory-spool.ts';
import { collectionOf, sampleMetric } from '../../packages/metrics/test/sample-metrics.ts';
import { Watch } from '../../packages/pipeline/test/self-metrics/watching-reader.ts';
import { passUntil, passStep, STEP_MILLIS, useSimulatedTime } from '../sampling/simulated-time.ts';
import { writeTable } from './write-table.ts';
import { type LoggedLine, useLoggedLines } from './logged-lines.ts';
import { PageReader } from './page-reader.ts';
import { type Answer, ScriptedCollector } from './scripted-collector.ts';

interface Way {
  /** What happens to the item. */
  readonly title: string;
  readonly reason: string;
  readonly options?: BackpressureLogRecordProcessorOptions;
  readonly answer?: Answer;
  /** Makes the loss happen. */
  readonly lose: (
    processor: BackpressureLogRecordProcessor,
    emit: (count: number, fields?: Readonly<Record<string, unknown>>) => void,
  ) => void | Promise<void>;
  /** Whether the loss is intended, and logged at level info. */
  readonly isOnPurpose?: boolean;
  /** Whether the pipeline has ended by then. The page does not list it any more. */
  readonly hasEnded?: boolean;
  /** The conventional instrument that counts it, and its `error.type`. */
  readonly counted: readonly [instrument: 'processed' | 'exported', errorType: string];
}

const silent: Answer = () => undefined;
const refused: Answer = () => ({
  kind: 'refused',
  error: Object.assign(new Error('collector:4318 answered 400: bad request'), { statusCode: 400 }),
});
const partly: Answer = () => ({
  kind: 'delivered',
  rejected: 2,
  error: new Error('collector:4318 rejected 2 items: too old'),
});

const poisoned: Answer = ({ chunks }) =>
  Buffer.concat(chunks).includes('poison')
    ? { kind: 'retry', error: Object.assign(new Error('collector:4318 reset the connection'), { code: 'ECONNRESET' }) }
    : { kind: 'delivered' };

/** Resends nothing while a test runs. */
const slowSpool = (maxBytes = Infinity): MemorySpool => new MemorySpool({ maxBytes, lateMillis: 600_000 });
const fullSpool = slowSpool(1);
const damagedSpool = slowSpool();
const oldSpool = slowSpool();

const WAYS: readonly Way[] = [
  {
    title: 'finds the queue full',
    reason: 'queue_full',
    options: { strategy: 'drop_newest', maxQueueSize: 10 },
    answer: silent,
    lose: (_, emit) => emit(50),
    counted: ['processed', 'queue_full'],
  },
  {
    title: 'gives way to a newer one',
    reason: 'evicted',
    options: { strategy: 'drop_oldest', maxQueueSize: 10 },
    answer: silent,
    lose: (_, emit) => emit(50),
    counted: ['processed', 'queue_full'],
  },
  {
    title: 'is sampled out under load',
    reason: 'sampled_out',
    options: { strategy: 'sample', lowWatermark: 0, sampleRate: 2 },
    isOnPurpose: true,
    lose: (_, emit) => emit(50),
    counted: ['processed', 'sampled_out'],
  },
  {
    title: 'is larger than a request may be',
    reason: 'too_large',
    lose: (_, emit) => emit(1, { body: 'x'.repeat(2 ** 21) }),
    counted: ['processed', 'too_large'],
  },
  {
    title: 'is refused by the collector',
    reason: 'rejected',
    answer: refused,
    lose: (_, emit) => emit(5),
    counted: ['exported', '400'],
  },
  {
    title: 'is rejected in a partial success',
    reason: 'rejected',
    answer: partly,
    lose: (_, emit) => emit(5),
    counted: ['exported', 'rejected'],
  },
  {
    title: 'makes each of its requests fail, while others are delivered',
    reason: 'undeliverable',
    answer: poisoned,
    lose: async (processor, emit) => {
      emit(1, { body: 'poison' });
      while (processor.getMetrics().droppedByReason.undeliverable === 0) {
        emit(1);
        await passStep();
      }
    },
    counted: ['exported', 'ECONNRESET'],
  },
  {
    title: 'has a scope that cannot be read',
    reason: 'unencodable',
    lose: (_, emit) => emit(1, { instrumentationScope: null }),
    counted: ['processed', 'unencodable'],
  },
  {
    title: 'is emitted by a getter of another record',
    reason: 'unencodable',
    lose: (_, emit) =>
      emit(1, {
        get body() {
          emit(1);
          return 'outer';
        },
      }),
    counted: ['processed', 'unencodable'],
  },
  {
    title: 'comes after the shutdown',
    reason: 'already_shutdown',
    lose: async (processor, emit) => {
      await passUntil(processor.shutdown());
      emit(1);
    },
    hasEnded: true,
    counted: ['processed', 'already_shutdown'],
  },
  {
    title: 'is left at the deadline of the shutdown',
    reason: 'drain_timeout',
    options: { drainTimeoutMillis: 500 },
    answer: silent,
    lose: async (processor, emit) => {
      emit(5);
      await passUntil(processor.shutdown());
    },
    hasEnded: true,
    counted: ['exported', 'drain_timeout'],
  },
  {
    title: 'is stored, and given up because the spool is full',
    reason: 'spool_full',
    options: { maxQueueSize: 10, spool: fullSpool },
    answer: silent,
    lose: (_, emit) => emit(50),
    counted: ['exported', 'spool_full'],
  },
  {
    title: 'is stored, and cannot be read again',
    reason: 'spool_corrupt',
    options: { maxQueueSize: 10, spool: damagedSpool },
    answer: silent,
    lose: (_, emit) => {
      emit(50);
      damagedSpool.places[0]?.loseOldest('spool_corrupt');
    },
    counted: ['exported', 'spool_corrupt'],
  },
  {
    title: 'is stored for longer than the spool keeps records',
    reason: 'expired',
    options: { maxQueueSize: 10, spool: oldSpool },
    answer: silent,
    lose: (_, emit) => {
      emit(50);
      oldSpool.places[0]?.loseOldest('expired');
    },
    counted: ['exported', 'expired'],
  },
  {
    title: 'repeats an earlier one',
    reason: 'deduplicated',
    options: { deduplicationWindowMillis: 1_000, lowWatermark: 0 },
    isOnPurpose: true,
    lose: (_, emit) => emit(5),
    counted: ['processed', 'deduplicated'],
  },
];

/** Summaries and newer values stand for these, so no report is made. */
const REPORT_OF: Readonly<Record<string, string | undefined>> = {
  sampled_out: 'spillway.sampled_out',
  deduplicated: undefined,
};

/** One row a way, one column a place that tells of it. */
const rows: string[][] = [];
const COLUMNS = [
  'what happens',
  'counter',
  'self-metric, with `error.type`',
  'loss report',
  'live page',
  'line in the log',
  'after',
];

/** Another log pipeline of the process, which sends the reports. */
class ReportReader {
  readonly #records: ReadableLogRecordLike[] = [];
  readonly processor = new BackpressureLogRecordProcessor({
    exporter: {
      export: (records: never, done) => {
        this.#records.push(...(records as ReadableLogRecordLike[]));
        done({ code: 0 });
      },
      shutdown: async () => {},
    },
    lossReports: true,
    scheduledDelayMillis: 100,
  });

  /** All items that the reports tell of, by what they are counted as. */
  get told(): Readonly<Record<string, number>> {
    const told: Record<string, number> = {};
    for (const { attributes } of this.#records)
      for (const [name, value] of Object.entries(attributes))
        if (name.includes('.count.')) told[name] = (told[name] ?? 0) + (value as number);
    return told;
  }
}

/** Checks that the page tells of exactly these losses. @returns its cell of the table */
function onPage(page: PageReader, reason: string, count: number, kind: 'lost' | 'left out'): string {
  const shown = page.read();
  page.close();
  expect(shown?.lineOf).toEqual({ [reason]: expect.stringMatching(`^${reason} ${count} \\S`) });
  expect({ lost: shown?.lost, leftOut: shown?.leftOut }).toEqual(
    kind === 'lost' ? { lost: count, leftOut: 0 } : { lost: 0, leftOut: count },
  );
  return `${kind}: ${shown?.lineOf[reason]}`;
}

const numberOf = (result: readonly string[], what: string): number =>
  Number(result.find((value) => value.startsWith(`${what} `))?.split(' ')[1] ?? 0);

describe('every way to lose an item:', () => {
  useSimulatedTime();
  const { lines, elapsed } = useLoggedLines();

  it.each(WAYS)(
    'a log record that $title is counted ($reason), told by self-metrics, a report and the page, and logged within two seconds',
    async ({
      title,
      reason,
      options,
      answer,
      lose,
      isOnPurpose = false,
      hasEnded = false,
      counted: [instrument, errorType],
    }) => {
      const collector = new ScriptedCollector(listFormat<ReadableLogRecordLike>(new LogRecordEncoder()).newBuffer);
      if (answer !== undefined) collector.answer = answer;
      const watch = new Watch((readers) => new MeterProvider({ readers: [...readers] as never }));
      const reports = new ReportReader();
      const processor = new BackpressureLogRecordProcessor({
        exporter: collector,
        scheduledDelayMillis: 100,
        selfObsMeterProvider: watch.provider,
        ...options,
      });
      const page = new PageReader();
      const emit = (count: number, fields: Readonly<Record<string, unknown>> = {}): void => {
        for (let record = 0; record < count; record += 1) processor.onEmit(makeLogRecord(fields));
      };
      const lostNow = (): number => processor.getMetrics().droppedByReason[reason as 'rejected'];
      await lose(processor, emit);
      let since = elapsed();
      for (let time = 0; time < 2_000; time += STEP_MILLIS) {
        if (lostNow() === 0) since = elapsed();
        await passStep();
      }

      const lost = lostNow();
      expect(lost).toBeGreaterThan(0);
      const told = lines.filter(({ text }) => text.includes(`${lost} ${reason}`));
      expect(told, JSON.stringify(lines)).toHaveLength(1);
      const [{ at, level, text }] = told as [LoggedLine];
      expect(level).toBe(isOnPurpose ? 'info' : text.includes('shut down with') ? 'error' : 'warn');

      const name = `otel.sdk.${instrument === 'processed' ? 'processor' : 'exporter'}.log.${instrument}`;
      expect(numberOf(await watch.values(name), `error.type=${errorType}`)).toBe(lost);
      expect(numberOf(await watch.values('spillway.item.dropped'), `spillway.drop.reason=${reason}`)).toBe(lost);

      const prefix = reason in REPORT_OF ? REPORT_OF[reason] : 'spillway.lost';
      expect(reports.told).toEqual(prefix === undefined ? {} : { [`${prefix}.count.${reason}`]: lost });
      expect(page.read() === undefined).toBe(hasEnded);
      rows.push([
        `A record ${title}`,
        `\`${reason}\``,
        `\`${instrument}\` \`${errorType}\``,
        prefix === undefined ? 'none' : `\`${prefix === 'spillway.lost' ? 'lost' : 'sampled_out'}\`: ${lost}`,
        hasEnded ? 'none, as it has ended' : onPage(page, reason, lost, isOnPurpose ? 'left out' : 'lost'),
        `\`${level}\` ${text.replace(/^\w+: /, '')}`,
        `${((at - since) / 1_000).toFixed(1)} s`,
      ]);
      collector.answer = () => ({ kind: 'delivered' });
      await passUntil(Promise.all([processor.shutdown(), reports.processor.shutdown(), watch.provider.shutdown()]));
    },
  );

  it('a log record that is not even built is counted, told by self-metrics, a report and the page, and logged', async () => {
    const collector = new ScriptedCollector(listFormat<ReadableLogRecordLike>(new LogRecordEncoder()).newBuffer);
    collector.answer = silent;
    const watch = new Watch((readers) => new MeterProvider({ readers: [...readers] as never }));
    const reports = new ReportReader();
    const processor = new BackpressureLogRecordProcessor({
      exporter: collector,
      maxQueueSize: 5,
      scheduledDelayMillis: 100,
      selfObsMeterProvider: watch.provider,
    });
    const page = new PageReader();
    for (let record = 0; record < 5; record += 1) processor.onEmit(makeLogRecord());
    for (let time = 0; time < 500; time += STEP_MILLIS) await passStep();
    const since = elapsed();
    for (let record = 0; record < 7; record += 1) expect(processor.enabled({ severityNumber: 9 })).toBe(false);
    for (let time = 0; time < 2_000; time += STEP_MILLIS) await passStep();
    const [{ at, level, text }] = lines.filter((line) => line.text.includes('not even built')) as [LoggedLine];
    expect(text).toContain('lost 7 items: 7 not even built');
    expect(processor.getMetrics().eventsNotBuilt).toBe(7);
    expect(await watch.values('spillway.item.not_built')).toEqual(['7']);
    expect(reports.told).toEqual({ 'spillway.lost.count.not_built': 7 });
    rows.push([
      'A record would find no room, and is not even built',
      '`eventsNotBuilt`',
      '`spillway.item.not_built`',
      '`lost`: 7',
      onPage(page, 'not_built', 7, 'lost'),
      `\`${level}\` ${text.replace(/^\w+: /, '')}`,
      `${((at - since) / 1_000).toFixed(1)} s`,
    ]);
    collector.answer = () => ({ kind: 'delivered' });
    await passUntil(Promise.all([processor.shutdown(), reports.processor.shutdown(), watch.provider.shutdown()]));
  });

  it('a trace that is not recorded is told as sampled out, by self-metrics, a report, the page and the log', async () => {
    const collector = new ScriptedCollector(listFormat<ReadableSpanLike>(new SpanEncoder()).newBuffer);
    const watch = new Watch((readers) => new MeterProvider({ readers: [...readers] as never }));
    const reports = new ReportReader();
    const processor = new BackpressureSpanProcessor({
      exporter: collector,
      lowWatermark: 0,
      sampleRate: 2,
      selfObsMeterProvider: watch.provider,
    });
    const page = new PageReader();
    const sampler = new BackpressureSampler({ processor });
    // A report has the resource of the first span.
    processor.onEnd(makeSpan());
    // The randomness of a trace is in the end of its id. This one is the least.
    const traceId = `1${'0'.repeat(31)}`;
    const since = elapsed();
    for (let count = 0; count < 7; count += 1)
      expect(sampler.shouldSample(ROOT_CONTEXT, traceId, 'a span', SpanKind.INTERNAL, {}, []).decision).toBe(0);
    for (let time = 0; time < 2_000; time += STEP_MILLIS) await passStep();
    expect(lines.filter(({ text }) => text.includes('lost'))).toEqual([]);
    const [{ at, level, text }] = lines.filter((line) => line.text.includes('not recorded')) as [LoggedLine];
    expect({ level, text }).toEqual({ level: 'info', text: expect.stringMatching(/left out 7 items on purpose: 7 /) });
    expect(processor.getMetrics().eventsNotBuilt).toBe(7);
    expect(await watch.values('spillway.item.not_built')).toEqual(['7']);
    expect(reports.told).toEqual({ 'spillway.sampled_out.count.not_built': 7 });
    rows.push([
      'A trace is sampled out by `BackpressureSampler`, and not recorded',
      '`eventsNotBuilt`',
      '`spillway.item.not_built`',
      '`sampled_out`: 7',
      onPage(page, 'not_built', 7, 'left out'),
      `\`${level}\` ${text.replace(/^\w+: /, '')}`,
      `${((at - since) / 1_000).toFixed(1)} s`,
    ]);
    await passUntil(Promise.all([processor.shutdown(), reports.processor.shutdown(), watch.provider.shutdown()]));
  });

  it('a data point that a newer value supersedes is counted and logged, not as a loss', async () => {
    const collector = new ScriptedCollector(() => new MetricBuffer());
    collector.answer = () => ({ kind: 'throttled', retryAfterMs: 60_000, error: new Error('busy') });
    const watch = new Watch((readers) => new MeterProvider({ readers: [...readers] as never }));
    const reports = new ReportReader();
    const reader = new BackpressureMetricReader({
      exporter: collector,
      exportIntervalMillis: 1_000,
      selfObsMeterProvider: watch.provider,
    });
    const page = new PageReader();
    reader.setMetricProducer({
      collect: async () => ({ resourceMetrics: collectionOf(sampleMetric()), errors: [] }),
    });
    while (reader.getMetrics().droppedByReason.superseded === 0) await passStep();
    const since = elapsed();
    while (!lines.some(({ text }) => text.includes('superseded'))) await passStep();
    expect(lines.filter(({ text }) => text.includes('lost'))).toEqual([]);
    const [{ at, level, text }] = lines.filter((line) => line.text.includes('superseded')) as [LoggedLine];
    expect({ level, text }).toEqual({
      level: 'info',
      text: expect.stringMatching(/left out \d items? on purpose: \d superseded/),
    });
    expect(at - since).toBeLessThanOrEqual(2_000);
    const { superseded } = reader.getMetrics().droppedByReason;
    expect(numberOf(await watch.values('spillway.item.dropped'), 'spillway.drop.reason=superseded')).toBe(superseded);
    expect(reports.told).toEqual({});
    rows.push([
      'A data point waits while a newer value of its series is collected',
      '`superseded`',
      '`spillway.item.dropped`',
      'none',
      onPage(page, 'superseded', superseded, 'left out'),
      `\`${level}\` ${text.replace(/^\w+: /, '')}`,
      `${((at - since) / 1_000).toFixed(1)} s`,
    ]);
    collector.answer = () => ({ kind: 'delivered' });
    await passUntil(Promise.all([reader.shutdown(), reports.processor.shutdown(), watch.provider.shutdown()]));
  });

  afterAll(() => writeTable('losses', [COLUMNS, ['---', '---', '---', '---', '---', '---', '--:'], ...rows]));
});
