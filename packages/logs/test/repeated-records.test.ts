import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemoryExporter } from '../../pipeline/test/processor/memory-exporter.ts';
import { HeldExporter } from '../../pipeline/test/processor/scripted-exporter.ts';
import { type BackpressureLogRecordProcessorOptions, LogRecordEncoder, type ReadableLogRecordLike } from '../src/index.ts';
import { lawfulProcessor } from './lawful-processor.ts';
import { makeLogRecord } from './make-log-record.ts';

const WINDOW_MILLIS = 1_000;

// Of what is registered for the end of a test, the last comes first: processors are shut down on the clock they ran on.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
});

/** Under pressure from the first record on, unless the options say otherwise. */
function processorUnderPressure(options: BackpressureLogRecordProcessorOptions = {}) {
  const exporter = new HeldExporter<ReadableLogRecordLike>();
  exporter.release();
  const processor = lawfulProcessor({
    exporter,
    lowWatermark: 0,
    deduplicationWindowMillis: WINDOW_MILLIS,
    scheduledDelayMillis: 1_000_000,
    ...options,
  });
  return { exporter, processor, emit: (count: number, changes: Record<string, unknown> = {}) => Array.from({ length: count }, () => processor.onEmit(makeLogRecord(changes))) };
}

/** Bodies and counts of what was exported. */
async function told({ exporter, processor }: ReturnType<typeof processorUnderPressure>): Promise<unknown[]> {
  const before = exporter.exported.length;
  await processor.forceFlush();
  return exporter.exported.slice(before).map(({ body, attributes }) => [body, attributes['log_count']]);
}

describe('records that say the same, under pressure', () => {
  it('take one place in the queue after the first, and it counts them', async () => {
    const subject = processorUnderPressure();
    subject.emit(1_000);
    expect(subject.processor.getMetrics()).toMatchObject({ bufferSize: 1, eventsOffered: 1_000, eventsAccepted: 1 });
    vi.advanceTimersByTime(WINDOW_MILLIS);
    expect(subject.processor.getMetrics()).toMatchObject({ bufferSize: 2, eventsOffered: 1_001, eventsAccepted: 2 });
    expect(subject.processor.getMetrics().droppedByReason.deduplicated).toBe(999);
    expect(await told(subject)).toEqual([['order placed', undefined], ['order placed', 999]]);
  });

  it('cost one place a window while a storm goes on, and none when it is over', async () => {
    const subject = processorUnderPressure();
    for (let window = 0; window < 3; window += 1) {
      subject.emit(10);
      vi.advanceTimersByTime(WINDOW_MILLIS);
    }
    expect(await told(subject)).toEqual([['order placed', undefined], ['order placed', 9], ['order placed', 10], ['order placed', 10]]);
    // Twice: the window that forceFlush began, and one without repetition, after which it is forgotten.
    vi.advanceTimersByTime(2 * WINDOW_MILLIS);
    // The log's line about what was left out may wait for up to a minute.
    vi.advanceTimersByTime(60_000);
    expect(vi.getTimerCount()).toBe(0);
    subject.emit(1);
    expect(await told(subject)).toEqual([['order placed', undefined]]);
  });

  it('are those of the same body, severity, event and scope', async () => {
    const subject = processorUnderPressure();
    for (const changes of [{}, { body: 'other' }, { severityNumber: 17 }, { eventName: 'e' }, { instrumentationScope: { name: 'other' } }, { attributes: { id: 1 } }]) subject.emit(1, changes);
    expect(subject.processor.getMetrics()).toMatchObject({ eventsAccepted: 5, eventsRejected: 1 });
  });

  it.each([
    ['a map', { text: 'order placed' }],
    ['no body', undefined],
    ['a very long text', 'x'.repeat(3_000)],
  ])('are not looked for among those with %s', (_, body) => {
    const subject = processorUnderPressure();
    subject.emit(1);
    subject.emit(3, { body });
    expect(subject.processor.getMetrics()).toMatchObject({ eventsAccepted: 4, eventsRejected: 0 });
  });

  it('are told with the first of them as it was, and when the first and the last came', async () => {
    const { exporter, processor } = processorUnderPressure();
    const attributes: Record<string, unknown> = { id: 1 };
    processor.onEmit(makeLogRecord());
    processor.onEmit(makeLogRecord({ attributes, hrTimeObserved: [10, 0] }));
    attributes['id'] = 'changed later';
    processor.onEmit(makeLogRecord({ attributes: { id: 2 }, hrTimeObserved: [20, 500_000_000] }));
    await processor.forceFlush();
    expect(exporter.exported[1]).toMatchObject({
      hrTimeObserved: [10, 0],
      attributes: { id: 1, log_count: 2, first_observed_timestamp: '1970-01-01T00:00:10.000Z', last_observed_timestamp: '1970-01-01T00:00:20.500Z' },
    });
  });

  it('are told with flat attributes, and no more of them than a few thousand characters', async () => {
    const { exporter, processor } = processorUnderPressure();
    const attributes = { id: 1, isPaid: true, customer: { name: 'a' }, lines: [1], note: 'n', text: 'x'.repeat(5_000), behind: 2 };
    for (let record = 0; record < 2; record += 1) processor.onEmit(makeLogRecord({ attributes }));
    await processor.forceFlush();
    const { id, isPaid, note, ...others } = exporter.exported[1]?.attributes ?? {};
    expect([id, isPaid, note]).toEqual([1, true, 'n']);
    expect(Object.keys(others)).toEqual(['log_count', 'first_observed_timestamp', 'last_observed_timestamp']);
  });

  it('that have no attributes at all are counted all the same', async () => {
    const subject = processorUnderPressure();
    subject.emit(3, { attributes: undefined });
    await subject.processor.forceFlush();
    expect(subject.exporter.exported[1]?.attributes).toMatchObject({ log_count: 2 });
  });

  it.each([undefined, [Number.NaN, 0], [1e300, 0], 'now'])('with a time that is none (%s) are counted all the same', async (hrTimeObserved) => {
    const { exporter, processor, emit } = processorUnderPressure();
    emit(3, { hrTimeObserved });
    await processor.forceFlush();
    const counted = exporter.exported.reduce((sum, { attributes }) => sum + Number(attributes['log_count'] ?? 1), 0);
    expect(counted).toBe(3);
  });

  it('that cannot be read are offered, and counted where that fails', () => {
    const { processor } = processorUnderPressure();
    processor.onEmit(makeLogRecord(Object.defineProperty({}, 'body', { enumerable: true, get: () => { throw new Error('hostile'); } })));
    expect(processor.getMetrics()).toMatchObject({ eventsOffered: 1 });
  });

  it('are told before a hand-over, and are part of it', () => {
    const handedOver: number[] = [];
    const exporter = new MemoryExporter(new LogRecordEncoder());
    const processor = lawfulProcessor({ exporter, lowWatermark: 0, deduplicationWindowMillis: WINDOW_MILLIS, scheduledDelayMillis: 1_000_000 });
    for (let record = 0; record < 5; record += 1) processor.onEmit(makeLogRecord());
    while (processor.handOverNext(({ itemCount }) => handedOver.push(itemCount) > 0));
    expect(handedOver).toEqual([2]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are told before a shutdown ends, and only counted after it', async () => {
    const { exporter, processor, emit } = processorUnderPressure();
    emit(5);
    await processor.shutdown();
    expect(exporter.exported.map(({ attributes }) => attributes['log_count'])).toEqual([undefined, 4]);
    emit(2);
    expect(processor.getMetrics().droppedByReason).toMatchObject({ shutdown: 2, deduplicated: 4 });
    // The log's line about the two that came too late.
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are remembered up to a limit: a storm of different records is none', () => {
    const { processor } = processorUnderPressure();
    for (let index = 0; index < 5_000; index += 1) processor.onEmit(makeLogRecord({ body: `order ${index}` }));
    for (let index = 0; index < 5_000; index += 1) processor.onEmit(makeLogRecord({ body: `order ${index}` }));
    expect(processor.getMetrics().droppedByReason.deduplicated).toBe(1_024);
  });

  it('are wanted by the SDK though the queue is full', () => {
    const { processor, emit } = processorUnderPressure({ maxQueueSize: 1, strategy: 'block' });
    emit(1);
    expect(processor.enabled({ severityNumber: 9 })).toBe(true);
  });
});

describe('records that say the same', () => {
  it('are all kept while the state is normal', () => {
    const { processor, emit } = processorUnderPressure({ lowWatermark: 0.5 });
    emit(10);
    expect(processor.getMetrics()).toMatchObject({ eventsAccepted: 10, eventsRejected: 0 });
  });

  it('are all kept where nobody asked for less', () => {
    const { processor, emit } = processorUnderPressure({ deduplicationWindowMillis: undefined });
    emit(10);
    expect(processor.getMetrics()).toMatchObject({ eventsAccepted: 10, eventsRejected: 0 });
  });

  it.each([0, -1, Number.NaN, '1s'])('are not looked for in a window of %s', (deduplicationWindowMillis) => {
    expect(() => processorUnderPressure({ deduplicationWindowMillis: deduplicationWindowMillis as number })).toThrow(`deduplicationWindowMillis`);
  });
});
