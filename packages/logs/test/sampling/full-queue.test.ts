import {
  adjustedCountOf,
  isAbove,
  isKept,
  parseRandomness,
  parseThreshold,
  type Randomness,
  type Threshold,
} from '@spillway/sampling';
import type { ReadableLogRecordLike } from '@spillway/logs';
import { describe, expect, it } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { makeLogRecord, SPAN_CONTEXT } from '../make-log-record.ts';
import { encodedSink, objectSink, processorOf, processorUnderLoad, valueIn } from './records-under-load.ts';

useFakeTime();

const MADE = 16_000;
/** Room for several segments of some hundred records each. */
const ROOM = 4_000;
const [DEBUG, INFO, ERROR] = [5, 9, 17] as const;

/** Evenly spread, in mixed order. */
const randomnessAt = (index: number): string =>
  ((index * 40_503) % 65_536).toString(16).padStart(4, '0') + '0123456789';

/** Records with attributes of every length, each of its own trace or of no trace. */
function recordsOf(count: number, severityNumber: number, haveTraces = true): ReadableLogRecordLike[] {
  return Array.from({ length: count }, (_, index) => {
    const spanContext = haveTraces
      ? { ...SPAN_CONTEXT, traceId: `0af7651916cd43dd84${randomnessAt(index)}` }
      : undefined;
    return makeLogRecord({
      severityNumber,
      body: `${severityNumber}/${index}`,
      attributes: { filling: 'f'.repeat(index % 90) },
      spanContext,
    });
  });
}

describe('a full queue of sampled log records', () => {
  it.each([
    ['of traces', true],
    ['of no trace', false],
  ])(
    'is thinned out without losing a record %s to the counts: each remaining record says how many it stands for',
    async (_, haveTraces) => {
      const sink = encodedSink(true);
      const processor = processorUnderLoad(sink, { maxQueueSize: ROOM });
      for (const record of recordsOf(MADE, INFO, haveTraces)) processor.onEmit(record);
      const { droppedByReason, bufferSize } = processor.getMetrics();
      expect(droppedByReason.evicted).toBe(0);
      expect(droppedByReason.sampled_out).toBe(MADE - bufferSize);
      expect(bufferSize).toBeGreaterThan(ROOM / 2);

      sink.release();
      await processor.forceFlush();
      let estimate = 0;
      const thresholds = new Set<number>();
      for (const record of sink.arrived()) {
        const index = Number(String(record.body).slice(2));
        const text = valueIn(record, 'sampling.threshold');
        const drawn = valueIn(record, 'sampling.randomness');
        expect(record.attributes).toEqual([
          ['filling', 'f'.repeat(index % 90)],
          ...(haveTraces ? [] : [['sampling.randomness', drawn]]),
          ['sampling.threshold', text],
        ]);
        const threshold = parseThreshold(String(text));
        const randomness = parseRandomness(haveTraces ? randomnessAt(index) : String(drawn));
        if (threshold === undefined || randomness === undefined) throw new Error(`record ${index} says no threshold`);
        expect(isKept(randomness, threshold)).toBe(true);
        thresholds.add(threshold.high);
        estimate += adjustedCountOf(threshold);
      }
      expect(Math.min(...thresholds)).toBe(0x8000000);
      expect(thresholds.size).toBeGreaterThan(1);
      // Six standard deviations if records are drawn one by one and 1 in 8 is kept. Evenly spread randomness is far
      // nearer.
      expect(Math.abs(estimate - MADE)).toBeLessThan(6 * Math.sqrt(7 * MADE));
    },
  );

  it.each(['8', 'c123456789abcd'])('is thinned out even if its records came with a threshold: %s', async (incoming) => {
    const sink = encodedSink(true);
    const processor = processorOf(sink, { strategy: 'sample', lowWatermark: 0, maxQueueSize: ROOM });
    const passed = parseThreshold(incoming) as Threshold;
    const isLeft = (index: number): boolean => isKept(parseRandomness(randomnessAt(index)) as Randomness, passed);
    const records = recordsOf(4 * MADE, INFO).filter((_, index) => isLeft(index));
    for (const record of records)
      processor.onEmit({ ...record, attributes: { ...record.attributes, 'sampling.threshold': incoming } });
    expect(processor.getMetrics().droppedByReason.evicted).toBe(0);
    sink.release();
    await processor.forceFlush();
    const thresholds = sink
      .arrived()
      .map((record) => parseThreshold(String(valueIn(record, 'sampling.threshold'))) as Threshold);
    const estimate = thresholds.reduce((sum, threshold) => sum + adjustedCountOf(threshold), 0);
    expect(Math.abs(estimate - 4 * MADE)).toBeLessThan(4 * MADE * 0.15);
    expect(thresholds.every((threshold) => !isAbove(passed, threshold))).toBe(true);
  });

  it('is not thinned out at the highest threshold: the oldest of the least severe records are evicted', async () => {
    const sink = encodedSink(true);
    const processor = processorUnderLoad(sink, { maxQueueSize: ROOM, sampleRate: 1_000_000 });
    const drawn = (severityNumber: number) =>
      makeLogRecord({ severityNumber, attributes: { 'sampling.randomness': 'ffffffffffffff' } });
    for (let index = 0; index < ROOM / 2; index += 1) processor.onEmit(drawn(DEBUG));
    for (let index = 0; index < ROOM; index += 1) processor.onEmit(drawn(INFO));
    const { evicted, sampled_out: sampledOut } = processor.getMetrics().droppedByReason;
    expect([evicted, sampledOut]).toEqual([ROOM / 2, 0]);
    sink.release();
    await processor.forceFlush();
    expect(sink.arrived()).toHaveLength(ROOM);
  });

  it('keeps errors, and thins out others for them', async () => {
    const sink = encodedSink(true);
    const processor = processorUnderLoad(sink, { maxQueueSize: ROOM });
    for (const record of recordsOf(MADE, DEBUG)) processor.onEmit(record);
    for (const record of recordsOf(ROOM / 2, ERROR)) processor.onEmit(record);
    expect(processor.getMetrics().droppedByReason.evicted).toBe(0);
    sink.release();
    await processor.forceFlush();
    expect(sink.arrived().filter(({ body }) => String(body).startsWith('17/'))).toHaveLength(ROOM / 2);
  });

  it('is not thinned out for a foreign exporter: the oldest of the least severe records goes', () => {
    const processor = processorUnderLoad(objectSink(true), { maxQueueSize: 10 });
    for (const record of recordsOf(100, INFO)) processor.onEmit(record);
    const { eventsAccepted, droppedByReason } = processor.getMetrics();
    expect(droppedByReason).toMatchObject({ evicted: eventsAccepted - 10, sampled_out: 100 - eventsAccepted });
  });
});
