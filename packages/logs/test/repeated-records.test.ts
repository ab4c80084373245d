import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemoryExporter } from '../../pipeline/test/processor/memory-exporter.ts';
import { HeldExporter } from '../../pipeline/test/processor/scripted-exporter.ts';
import {
  type BackpressureLogRecordProcessorOptions,
  LogRecordEncoder,
  type ReadableLogRecordLike,
} from '../src/index.ts';
import { lawfulProcessor } from './lawful-processor.ts';
import { makeLogRecord } from './make-log-record.ts';

const WINDOW_MILLIS = 1_000;

// Callbacks for the end of a test run in reverse order, so processors are shut down before the real clock is back.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
});

/** A processor under pressure from the first record on, unless the options say otherwise. */
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
  return {
    exporter,
    processor,
    emit: (count: number, changes: Record<string, unknown> = {}) =>
      Array.from({ length: count }, () => processor.onEmit(makeLogRecord(changes))),
  };
}

/** Bodies and counts of the exported records. */
async function told({ exporter, processor }: ReturnType<typeof processorUnderPressure>): Promise<unknown[]> {
  const before = exporter.exported.length;
  await processor.forceFlush();
  return exporter.exported.slice(before).map(({ body, attributes }) => [body, attributes['log_count']]);
}

describe('repeated records under pressure', () => {
  it('take one place in the queue after the first record, with their count', async () => {
    const subject = processorUnderPressure();
    subject.emit(1_000);
    expect(subject.processor.getMetrics()).toMatchObject({ bufferSize: 1, eventsOffered: 1_000, eventsAccepted: 1 });
    vi.advanceTimersByTime(WINDOW_MILLIS);
    expect(subject.processor.getMetrics()).toMatchObject({ bufferSize: 2, eventsOffered: 1_001, eventsAccepted: 2 });
    expect(subject.processor.getMetrics().droppedByReason.deduplicated).toBe(999);
    expect(await told(subject)).toEqual([
      ['order placed', undefined],
      ['order placed', 999],
    ]);
  });

  it('take one place per window while a storm goes on, and none after it', async () => {
    const subject = processorUnderPressure();
    for (let window = 0; window < 3; window += 1) {
      subject.emit(10);
      vi.advanceTimersByTime(WINDOW_MILLIS);
    }
    expect(await told(subject)).toEqual([
      ['order placed', undefined],
      ['order placed', 9],
      ['order placed', 10],
      ['order placed', 10],
    ]);
    // Two windows: the one that forceFlush began, and one without a repetition, after which the record is forgotten.
    vi.advanceTimersByTime(2 * WINDOW_MILLIS);
    // The log line about the records left out may wait for up to a minute.
    vi.advanceTimersByTime(60_000);
    expect(vi.getTimerCount()).toBe(0);
    subject.emit(1);
    expect(await told(subject)).toEqual([['order placed', undefined]]);
  });

  it('are records with the same body, severity, event and scope', async () => {
    const subject = processorUnderPressure();
    for (const changes of [
      {},
      { body: 'other' },
      { severityNumber: 17 },
      { eventName: 'e' },
      { instrumentationScope: { name: 'other' } },
      { attributes: { id: 1 } },
    ])
      subject.emit(1, changes);
    expect(subject.processor.getMetrics()).toMatchObject({ eventsAccepted: 5, eventsRefused: 1 });
  });

  it.each([
    ['a map', { text: 'order placed' }],
    ['undefined', undefined],
    ['a very long text', 'x'.repeat(3_000)],
  ])('are not recognised if their body is %s', (_, body) => {
    const subject = processorUnderPressure();
    subject.emit(1);
    subject.emit(3, { body });
    expect(subject.processor.getMetrics()).toMatchObject({ eventsAccepted: 4, eventsRefused: 0 });
  });

  it('are summarised with the original attributes of the first, and the times of the first and the last', async () => {
    const { exporter, processor } = processorUnderPressure();
    const attributes: Record<string, unknown> = { id: 1 };
    processor.onEmit(makeLogRecord());
    processor.onEmit(makeLogRecord({ attributes, hrTimeObserved: [10, 0] }));
    attributes['id'] = 'changed later';
    processor.onEmit(makeLogRecord({ attributes: { id: 2 }, hrTimeObserved: [20, 500_000_000] }));
    await processor.forceFlush();
    expect(exporter.exported[1]).toMatchObject({
      hrTimeObserved: [10, 0],
      attributes: {
        id: 1,
        log_count: 2,
        first_observed_timestamp: '1970-01-01T00:00:10.000Z',
        last_observed_timestamp: '1970-01-01T00:00:20.500Z',
      },
    });
  });

  it('are summarised with flat attributes only, of a few thousand characters at most', async () => {
    const { exporter, processor } = processorUnderPressure();
    const attributes = {
      id: 1,
      isPaid: true,
      customer: { name: 'a' },
      lines: [1],
      note: 'n',
      text: 'x'.repeat(5_000),
      behind: 2,
    };
    for (let record = 0; record < 2; record += 1) processor.onEmit(makeLogRecord({ attributes }));
    await processor.forceFlush();
    const { id, isPaid, note, ...others } = exporter.exported[1]?.attributes ?? {};
    expect([id, isPaid, note]).toEqual([1, true, 'n']);
    expect(Object.keys(others)).toEqual(['log_count', 'first_observed_timestamp', 'last_observed_timestamp']);
  });

  it('are counted even if they have no attributes', async () => {
    const subject = processorUnderPressure();
    subject.emit(3, { attributes: undefined });
    await subject.processor.forceFlush();
    expect(subject.exporter.exported[1]?.attributes).toMatchObject({ log_count: 2 });
  });

  it.each([undefined, [Number.NaN, 0], [1e300, 0], 'now'])(
    'are counted even if their time is invalid (%s)',
    async (hrTimeObserved) => {
      const { exporter, processor, emit } = processorUnderPressure();
      emit(3, { hrTimeObserved });
      await processor.forceFlush();
      const counted = exporter.exported.reduce((sum, { attributes }) => sum + Number(attributes['log_count'] ?? 1), 0);
      expect(counted).toBe(3);
    },
  );

  it('are offered if they cannot be read, and counted when that fails', () => {
    const { processor } = processorUnderPressure();
    processor.onEmit(
      makeLogRecord(
        Object.defineProperty({}, 'body', {
          enumerable: true,
          get: () => {
            throw new Error('hostile');
          },
        }),
      ),
    );
    expect(processor.getMetrics()).toMatchObject({ eventsOffered: 1 });
  });

  it('are summarised before a hand-over, and the summary is part of it', () => {
    const handedOver: number[] = [];
    const exporter = new MemoryExporter(new LogRecordEncoder());
    const processor = lawfulProcessor({
      exporter,
      lowWatermark: 0,
      deduplicationWindowMillis: WINDOW_MILLIS,
      scheduledDelayMillis: 1_000_000,
    });
    for (let record = 0; record < 5; record += 1) processor.onEmit(makeLogRecord());
    while (processor.handOverNext(({ itemCount }) => handedOver.push(itemCount) > 0));
    expect(handedOver).toEqual([2]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are summarised before a shutdown ends, and only counted after it', async () => {
    const { exporter, processor, emit } = processorUnderPressure();
    emit(5);
    await processor.shutdown();
    expect(exporter.exported.map(({ attributes }) => attributes['log_count'])).toEqual([undefined, 4]);
    emit(2);
    expect(processor.getMetrics().droppedByReason).toMatchObject({ already_shutdown: 2, deduplicated: 4 });
    // The log line about the two records that came too late.
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are recognised up to a limit of different records', () => {
    const { processor } = processorUnderPressure();
    for (let index = 0; index < 5_000; index += 1) processor.onEmit(makeLogRecord({ body: `order ${index}` }));
    for (let index = 0; index < 5_000; index += 1) processor.onEmit(makeLogRecord({ body: `order ${index}` }));
    expect(processor.getMetrics().droppedByReason.deduplicated).toBe(1_024);
  });

  it('are still built by the SDK if the queue is full', () => {
    const { processor, emit } = processorUnderPressure({ maxQueueSize: 1, strategy: 'block' });
    emit(1);
    expect(processor.enabled({ severityNumber: 9 })).toBe(true);
  });
});

describe('repeated records', () => {
  it('are all kept while the state is normal', () => {
    const { processor, emit } = processorUnderPressure({ lowWatermark: 0.5 });
    emit(10);
    expect(processor.getMetrics()).toMatchObject({ eventsAccepted: 10, eventsRefused: 0 });
  });

  it('are all kept without deduplicationWindowMillis', () => {
    const { processor, emit } = processorUnderPressure({ deduplicationWindowMillis: undefined });
    emit(10);
    expect(processor.getMetrics()).toMatchObject({ eventsAccepted: 10, eventsRefused: 0 });
  });

  it.each([0, -1, Number.NaN, '1s'])(
    'cannot be combined in a window of %s, which is refused',
    (deduplicationWindowMillis) => {
      expect(() => processorUnderPressure({ deduplicationWindowMillis: deduplicationWindowMillis as number })).toThrow(
        `deduplicationWindowMillis`,
      );
    },
  );
});

it('a record that cannot be read is not taken for a repetition of another one', () => {
  const { processor, emit } = processorUnderPressure();
  emit(1);
  processor.onEmit(
    makeLogRecord(
      Object.defineProperty({}, 'body', {
        enumerable: true,
        get: () => {
          throw new Error('hostile');
        },
      }),
    ),
  );
  expect(processor.getMetrics()).toMatchObject({ eventsOffered: 2, droppedByReason: { deduplicated: 0 } });
});
