import type { BackpressureStrategy } from '@spillway/backpressure';
import { describe, expect, it } from 'vitest';
import { startCollector } from '../../../test/collector/src/index.ts';
import { HeldExporter } from '../../pipeline/test/processor/scripted-exporter.ts';
import { OtlpLogRecordExporter, type ReadableLogRecordLike } from '../src/index.ts';
import { SEVERITY_LANES, severityLane } from '../src/severity-priority.ts';
import { lawfulProcessor } from './lawful-processor.ts';
import { makeLogRecord, SPAN_CONTEXT } from './make-log-record.ts';

const [DEBUG, INFO, WARN, ERROR, FATAL] = [5, 9, 13, 17, 21] as const;

/** Emits records into a queue of four, and returns those that are left, each as its severity and its number. */
async function whatIsLeft(strategy: BackpressureStrategy, severities: readonly number[]) {
  const exporter = new HeldExporter<ReadableLogRecordLike>();
  const processor = lawfulProcessor({
    exporter,
    strategy,
    sampleRate: 1,
    maxQueueSize: 4,
    scheduledDelayMillis: 1_000_000,
  });
  for (const [index, severityNumber] of severities.entries())
    processor.onEmit(makeLogRecord({ severityNumber, body: `${severityNumber}/${index}` }));
  exporter.release();
  await processor.forceFlush();
  const drops = Object.entries(processor.getMetrics().droppedByReason).filter(([, count]) => count > 0);
  return { left: exporter.exported.map(({ body }) => body), drops: Object.fromEntries(drops) };
}

describe('the lane of a severity', () => {
  it.each([
    ['TRACE', [1, 2, 3, 4]],
    ['DEBUG', [5, 6, 7, 8]],
    ['INFO', [9, 10, 11, 12, undefined, 0, -1, Number.NaN]],
    ['WARN', [13, 14, 15, 16]],
    ['ERROR', [17, 18, 19, 20]],
    ['FATAL', [21, 22, 23, 24, 25, Infinity]],
  ] as const)('is the lane of its range: %s', (name, numbers) => {
    expect(new Set(numbers.map(severityLane))).toEqual(new Set([SEVERITY_LANES[name]]));
  });
});

describe('log records in a full queue', () => {
  it('lose the oldest of the least severe with drop_oldest, and the most severe are sent first', async () => {
    expect(await whatIsLeft('drop_oldest', [DEBUG, INFO, DEBUG, ERROR, WARN, INFO])).toEqual({
      left: ['17/3', '13/4', '9/1', '9/5'],
      drops: { evicted: 2 },
    });
  });

  it('make drop_oldest refuse a record that is less severe than all of them', async () => {
    expect(await whatIsLeft('drop_oldest', [ERROR, ERROR, WARN, WARN, INFO])).toMatchObject({
      drops: { queue_full: 1 },
    });
  });

  it('make drop_newest refuse a new record of the least severity, but evict one for a more severe record', async () => {
    expect(await whatIsLeft('drop_newest', [DEBUG, INFO, DEBUG, ERROR, DEBUG, WARN])).toEqual({
      left: ['17/3', '13/5', '9/1', '5/0'],
      drops: { queue_full: 1, evicted: 1 },
    });
  });

  it('lose no ERROR to a flood of DEBUG until only ERROR is left', async () => {
    await using collector = await startCollector();
    collector.setFault({ kind: 'hang' });
    const exporter = new OtlpLogRecordExporter({ url: `${collector.url}/v1/logs` });
    const processor = lawfulProcessor({
      exporter,
      strategy: 'drop_oldest',
      maxQueueSize: 1_000,
      maxExportBatchSize: 1,
      maxConcurrentExports: 1,
      drainTimeoutMillis: 5_000,
    });
    let errors = 0;
    const emit = (severityNumber: number, body: string): void =>
      processor.onEmit(makeLogRecord({ severityNumber, body, attributes: { 'log.record.uid': body } }));
    // 1 in 50 is an ERROR: the queue turns over five times, and has 100 of them in the end.
    for (let index = 0; index < 5_000; index += 1) {
      emit(DEBUG, `debug ${index}`);
      if (index % 50 === 0) emit(ERROR, `error ${(errors += 1)}`);
    }
    expect(processor.getMetrics()).toMatchObject({ bufferSize: 1_000, state: 'blocked', eventsEvicted: 4_100 });

    // From now on only ERROR records come. They replace every DEBUG before the first ERROR goes.
    for (let index = 0; index < 900; index += 1) emit(ERROR, `error ${(errors += 1)}`);
    expect(processor.getMetrics().eventsEvicted).toBe(5_000);
    emit(ERROR, `error ${(errors += 1)}`);
    expect(processor.getMetrics()).toMatchObject({ eventsEvicted: 5_001, eventsAccepted: 6_001 });
    emit(DEBUG, 'debug, too late');
    expect(processor.getMetrics().droppedByReason.queue_full).toBe(1);

    collector.setFault(undefined);
    await processor.forceFlush();
    const delivered = collector.logRecords().map(({ logRecord }) => logRecord.body?.stringValue);
    // The oldest ERROR was evicted for the last one.
    expect(delivered).toEqual(Array.from({ length: 1_000 }, (_, index) => `error ${index + 2}`));
  });

  it('follow priorityOf if it is given', async () => {
    const exporter = new HeldExporter<ReadableLogRecordLike>();
    const processor = lawfulProcessor({
      exporter,
      maxQueueSize: 2,
      scheduledDelayMillis: 1_000_000,
      priorityOf: ({ body }) => (body === 'audit' ? 1 : 0),
    });
    for (const [body, severityNumber] of [
      ['audit', DEBUG],
      ['first', FATAL],
      ['second', DEBUG],
    ] as const)
      processor.onEmit(makeLogRecord({ body, severityNumber }));
    exporter.release();
    await processor.forceFlush();
    expect(exporter.exported.map(({ body }) => body)).toEqual(['audit', 'second']);
  });
});

describe('log records under load with strategy sample', () => {
  function sampled(severityNumber: number, traceIds: readonly (string | undefined)[]): number {
    const processor = lawfulProcessor({
      exporter: new HeldExporter<ReadableLogRecordLike>(),
      strategy: 'sample',
      sampleRate: 10,
      lowWatermark: 0,
      maxQueueSize: 10_000,
    });
    for (const traceId of traceIds)
      processor.onEmit(makeLogRecord({ severityNumber, spanContext: traceId && { ...SPAN_CONTEXT, traceId } }));
    return processor.getMetrics().droppedByReason.sampled_out;
  }
  const WITHOUT_TRACE = Array.from({ length: 1_000 }, () => undefined);

  it('are drawn one by one below WARN if they belong to no trace', () => {
    // 900 of 1 000 expected; six standard deviations are 57.
    expect(Math.abs(sampled(INFO, WITHOUT_TRACE) - 900)).toBeLessThan(57);
  });

  it.each([WARN, ERROR, FATAL])('are all kept from WARN on (%i)', (severityNumber) => {
    expect(sampled(severityNumber, WITHOUT_TRACE)).toBe(0);
  });

  it('are kept or dropped with their trace', () => {
    const low = `0af7651916cd43dd84${'00'.repeat(7)}`;
    const high = `0af7651916cd43dd84${'ff'.repeat(7)}`;
    expect([sampled(INFO, [low, low, low]), sampled(INFO, [high, high, high])]).toEqual([3, 0]);
  });
});
