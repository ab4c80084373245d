import { ExportPipeline, type ExportResultLike } from '@spillway/pipeline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startCollector } from '../../../test/collector/src/index.ts';
import { expectLaw } from '../../backpressure/test/accounting-law.ts';
import {
  BackpressureLogRecordProcessor,
  type BackpressureLogRecordProcessorOptions,
  OtlpLogRecordExporter,
  type ReadableLogRecordLike,
} from '../src/index.ts';
import { makeLogRecord } from './make-log-record.ts';

const LOST = 'spillway.telemetry.lost';
const SAMPLED_OUT = 'spillway.telemetry.sampled_out';
const GONE = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const REFUSED = new Error('400 bad request');

/** An exporter that takes objects, and answers as it is told. */
class ShownExporter {
  readonly delivered: (readonly ReadableLogRecordLike[])[] = [];
  readonly refused: (readonly ReadableLogRecordLike[])[] = [];
  error: Error | undefined;
  /** Results that are held back. */
  held: (() => void)[] | undefined;

  export(records: ReadableLogRecordLike[], done: (result: ExportResultLike) => void): void {
    if (this.error === undefined) this.delivered.push(records);
    else this.refused.push(records);
    const result = this.error === undefined ? { code: 0 } : { code: 1, error: this.error };
    if (this.held === undefined) done(result);
    else this.held.push(() => done(result));
  }

  async shutdown(): Promise<void> {}

  /** The reports that arrived, in order. */
  reports(eventName = LOST): ReadableLogRecordLike[] {
    return this.delivered.flat().filter((record) => record.eventName === eventName);
  }

  get lost(): number {
    return this.reports().reduce((sum, { attributes }) => sum + (attributes['spillway.lost.count'] as number), 0);
  }
}

/** Counts records as lost when it is told to. */
class LosingProcessor extends BackpressureLogRecordProcessor {
  lose(count: number): void {
    for (let record = 0; record < count; record += 1) this.pipeline.discard('unencodable');
  }
}

describe('loss reports', () => {
  let exporter: ShownExporter;
  const open: { shutdown(): Promise<void>; getMetrics(): never }[] = [];

  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
    exporter = new ShownExporter();
  });
  afterEach(async () => {
    for (const part of open.splice(0)) {
      expectLaw(part);
      const ended = part.shutdown();
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await pass(20_000);
      // oxlint-disable-next-line no-await-in-loop
      await ended;
    }
    vi.useRealTimers();
  });

  const pass = (millis: number) => vi.advanceTimersByTimeAsync(millis);
  const watched = <T>(part: T): T => {
    open.push(part as never);
    return part;
  };
  const logsWith = (options: BackpressureLogRecordProcessorOptions = {}) =>
    watched(new LosingProcessor({ exporter, lossReports: true, scheduledDelayMillis: 100, ...options }));
  const emit = (processor: BackpressureLogRecordProcessor, count: number, changes: object = {}): void => {
    for (let record = 0; record < count; record += 1) processor.onEmit(makeLogRecord(changes as never));
  };

  it('say what was lost, how much of it, why and when, a second after the first loss', async () => {
    exporter.error = GONE;
    const logs = logsWith({ maxQueueSize: 10, strategy: 'drop_newest' });
    await pass(250);
    emit(logs, 13);
    await pass(300);
    logs.lose(4);
    exporter.error = undefined;
    await pass(3_000);
    const [report, ...others] = exporter.reports();
    expect(others).toEqual([]);
    expect(report).toMatchObject({
      severityNumber: 13,
      severityText: 'WARN',
      body: expect.stringMatching(/^Spillway lost 7 log records of BackpressureLogRecordProcessor\/\d+: /),
      resource: { attributes: { 'service.name': 'shop' } },
      attributes: {
        'otel.component.type': 'BackpressureLogRecordProcessor',
        'spillway.signal': 'logs',
        'spillway.lost.count': 7,
        'spillway.lost.count.queue_full': 3,
        'spillway.lost.count.unencodable': 4,
        'spillway.lost.reason': 'unencodable',
        'spillway.lost.first_time': '2026-01-01T00:00:00.250Z',
        'spillway.lost.last_time': '2026-01-01T00:00:01.250Z',
      },
    });
  });

  it('come once a minute at most while losses go on, and together have every lost item', async () => {
    const logs = logsWith({ maxQueueSize: 4, strategy: 'drop_newest' });
    const times: number[] = [];
    const startedAt = performance.now();
    for (let second = 0; second < 600; second += 1) {
      emit(logs, 10);
      const before = exporter.reports().length;
      // oxlint-disable-next-line no-await-in-loop -- losses go on for ten minutes
      await pass(1_000);
      if (exporter.reports().length > before) times.push(performance.now() - startedAt);
    }
    expect(times.length).toBeGreaterThanOrEqual(9);
    expect(times.length).toBeLessThanOrEqual(11);
    await pass(61_000);
    expect(exporter.lost).toBe(logs.getMetrics().droppedByReason.queue_full);
  });

  it('are the first to arrive after an outage that was longer than the queue', async () => {
    exporter.error = GONE;
    const logs = logsWith({ maxQueueSize: 20 });
    for (let second = 0; second < 30; second += 1) {
      emit(logs, 5, { severityNumber: 21 });
      // oxlint-disable-next-line no-await-in-loop -- an outage of half a minute
      await pass(1_000);
    }
    exporter.error = undefined;
    await pass(120_000);
    expect(exporter.delivered[0]?.[0]?.eventName).toBe(LOST);
    const { eventsEvicted } = logs.getMetrics();
    expect(eventsEvicted).toBeGreaterThan(100);
    expect(exporter.lost).toBe(eventsEvicted);
  });

  it('tell of the losses of every pipeline of the process, with the resource of its items', async () => {
    const logs = logsWith();
    emit(logs, 1);
    const resource = { attributes: { 'service.name': 'orders' } };
    const spans = watched(
      new ExportPipeline<{ id: number }>(
        'SpanPipeline',
        'traces',
        { export: (_, done) => done({ code: 1, error: REFUSED }), shutdown: async () => {} },
        { resourceOf: () => resource },
        { scheduledDelayMillis: 10, strategy: 'drop_newest' },
      ),
    );
    for (let id = 0; id < 5; id += 1) spans.offer({ id });
    await pass(3_000);
    expect(exporter.reports()).toEqual([
      expect.objectContaining({
        resource,
        body: expect.stringMatching(/^Spillway lost 5 spans of SpanPipeline\/\d+: 5 rejected$/),
        attributes: expect.objectContaining({
          'spillway.signal': 'traces',
          'spillway.lost.reason': 'rejected',
          'spillway.lost.count.rejected': 5,
        }),
      }),
    ]);
  });

  it('have sampled-out items apart, as information', async () => {
    const logs = logsWith({ strategy: 'sample', sampleRate: 2, lowWatermark: 0 });
    emit(logs, 50);
    await pass(3_000);
    expect(exporter.reports()).toEqual([]);
    const sampledOut = logs.getMetrics().droppedByReason.sampled_out;
    expect(sampledOut).toBeGreaterThan(0);
    expect(exporter.reports(SAMPLED_OUT)).toEqual([
      expect.objectContaining({
        severityText: 'INFO',
        attributes: expect.objectContaining({ 'spillway.sampled_out.count': sampledOut }),
      }),
    ]);
  });

  it('never count themselves, so reports that are refused cause no other report', async () => {
    exporter.error = REFUSED;
    const logs = logsWith();
    emit(logs, 5);
    await pass(600_000);
    const refused = exporter.refused.flat().filter(({ eventName }) => eventName === LOST);
    expect(refused.map(({ attributes }) => attributes['spillway.lost.count'])).toEqual([5]);
    expect(logs.getMetrics().droppedByReason.rejected).toBe(6);
  });

  it('never count themselves in a batch that is refused as a whole', async () => {
    exporter.error = REFUSED;
    const logs = logsWith({ scheduledDelayMillis: 5_000 });
    logs.lose(5);
    await pass(950);
    emit(logs, 3);
    await pass(10_000);
    expect(exporter.refused.map((batch) => batch.map(({ eventName }) => eventName))).toEqual([
      [LOST, undefined, undefined, undefined],
    ]);
    exporter.error = undefined;
    await pass(120_000);
    expect(exporter.reports().map(({ attributes }) => attributes['spillway.lost.count'])).toEqual([3]);
  });

  it('cause no other report if a record gives way to them, but that record is in the next one', async () => {
    exporter.error = GONE;
    const logs = logsWith({ maxQueueSize: 10 });
    emit(logs, 11);
    await pass(600_000);
    expect(logs.getMetrics().droppedByReason.evicted).toBe(2);
    emit(logs, 1);
    await pass(120_000);
    exporter.error = undefined;
    await pass(120_000);
    expect(exporter.reports().map(({ attributes }) => attributes['spillway.lost.count'])).toEqual([1, 2]);
  });

  it('are sent before a shutdown ends, however soon it comes after the loss', async () => {
    const logs = logsWith();
    logs.lose(2);
    emit(logs, 3);
    const ended = logs.shutdown();
    await pass(1_000);
    await ended;
    expect(exporter.lost).toBe(2);
    expect(exporter.delivered[0]?.[0]?.eventName).toBe(LOST);
  });

  it('of another pipeline are sent as well if the log pipeline ends first', async () => {
    const logs = logsWith();
    const other = logsWith({ lossReports: false });
    emit(logs, 1);
    other.lose(4);
    const ended = logs.shutdown();
    await pass(1_000);
    await ended;
    expect(exporter.lost).toBe(4);
  });

  it('are handed over with everything else when a process ends', () => {
    const otlp = new OtlpLogRecordExporter({ url: 'http://127.0.0.1:1/v1/logs' });
    const logs = watched(new BackpressureLogRecordProcessor({ exporter: otlp, lossReports: true }));
    emit(logs, 2, { instrumentationScope: null });
    emit(logs, 1);
    const requests: number[] = [];
    while (logs.handOverNext(({ itemCount }) => requests.push(itemCount) > 0));
    expect(requests).toEqual([2]);
  });

  it('come with a forceFlush, unless there was one within the last minute', async () => {
    const logs = logsWith();
    logs.lose(2);
    emit(logs, 1);
    const flush = async (): Promise<void> => {
      const flushed = logs.forceFlush();
      await pass(10);
      await flushed;
    };
    await flush();
    expect(exporter.lost).toBe(2);
    logs.lose(3);
    await flush();
    expect(exporter.lost).toBe(2);
    await pass(61_000);
    expect(exporter.lost).toBe(5);
  });

  it('that find no room come later, and are not counted as lost', async () => {
    exporter.held = [];
    const logs = logsWith({ maxQueueSize: 5, exportTimeoutMillis: 0 });
    emit(logs, 5);
    await pass(500);
    emit(logs, 3);
    await pass(90_000);
    expect(exporter.reports()).toEqual([]);
    expect(logs.getMetrics().droppedByReason.queue_full).toBeGreaterThan(3);
    for (const release of exporter.held.splice(0)) release();
    exporter.held = undefined;
    await pass(120_000);
    expect(exporter.lost).toBe(3);
  });

  it('do not count those that another processor held at its end', async () => {
    const dying = new ShownExporter();
    dying.held = [];
    const logs = logsWith({ exporter: dying, drainTimeoutMillis: 500 });
    logsWith();
    logs.lose(2);
    emit(logs, 1);
    await pass(2_000);
    emit(logs, 4);
    const ended = logs.shutdown();
    await pass(60_000);
    await ended;
    expect(logs.getMetrics().droppedByReason.drain_timeout).toBe(6);
    expect(exporter.reports().map(({ attributes }) => attributes['spillway.lost.count'])).toEqual([2, 5]);
  });

  it('are not made by default', async () => {
    const logs = logsWith({ lossReports: undefined });
    logs.lose(2);
    emit(logs, 1);
    await pass(120_000);
    expect(exporter.delivered.flat()).toHaveLength(1);
  });

  it('stop with the processor that sends them', async () => {
    const logs = logsWith();
    const other = logsWith({ lossReports: false });
    const ended = logs.shutdown();
    await pass(1_000);
    await ended;
    other.lose(2);
    emit(other, 1);
    await pass(120_000);
    expect(exporter.reports()).toEqual([]);
  });

  it('go into the queue although every other lane is full, and are not sampled', async () => {
    exporter.error = GONE;
    const logs = logsWith({ maxQueueSize: 5, priorityOf: () => 31, strategy: 'drop_newest' });
    emit(logs, 8);
    await pass(3_000);
    exporter.error = undefined;
    await pass(60_000);
    expect(exporter.delivered[0]?.[0]?.eventName).toBe(LOST);
  });
});

it('a loss report arrives as OTLP, before all other records', async () => {
  await using collector = await startCollector();
  const exporter = new OtlpLogRecordExporter({ url: `${collector.url}/v1/logs` });
  const logs = new BackpressureLogRecordProcessor({ exporter, lossReports: true });
  for (let record = 0; record < 3; record += 1) logs.onEmit(makeLogRecord());
  logs.onEmit(makeLogRecord({ instrumentationScope: null }));
  await logs.shutdown();
  const [first, ...others] = collector.logRecords();
  expect(others).toHaveLength(3);
  expect(first?.logRecord).toMatchObject({ eventName: LOST, severityNumber: 13 });
  expect(JSON.stringify(first?.resource)).toContain('shop');
  expect(logs.getMetrics()).toMatchObject({ eventsAccepted: 4, eventsFlushed: 4, eventsRefused: 1 });
});
