import { adjustedCountOf, isKept, KEEP_ALL, parseRandomness, readOtTraceState } from '@spillway/sampling';
import type { ReadableSpanLike } from '@spillway/trace';
import { describe, expect, it } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { makeError, makeSpan } from './make-span.ts';
import { arrivedOf, encodedSink, lawfulSpanProcessor, objectSink, processorUnderLoad } from './spans-under-load.ts';

useFakeTime();

const MADE = 16_000;
/** Room for several segments of some hundred spans each. */
const ROOM = 4_000;

/** Evenly spread, in mixed order. */
const randomnessAt = (index: number): string =>
  ((index * 40_503) % 65_536).toString(16).padStart(4, '0') + '0123456789';
const members = (index: number): string => `vendor=${'v'.repeat(index % 90)}x,other=${index}`;

/** Spans with tracestates of every length; 1 in 100 is an error. */
function spansOf(count: number): ReadableSpanLike[] {
  return Array.from({ length: count }, (_, index) => {
    const wishes = {
      name: String(index),
      randomness: randomnessAt(index),
      ...(index % 3 === 0 ? { traceState: `ot=x:${index},${members(index)}` } : {}),
    };
    return index % 100 === 50 ? makeError(wishes) : makeSpan(wishes);
  });
}

describe('a full queue of sampled spans', () => {
  it('is thinned out without losing a span to the counts: each remaining span says how many it stands for', async () => {
    const sink = encodedSink(true);
    const processor = processorUnderLoad(sink, { maxQueueSize: ROOM });
    for (const span of spansOf(MADE)) processor.onEnd(span);
    const { droppedByReason, bufferSize } = processor.getMetrics();
    expect(droppedByReason.evicted).toBe(0);
    expect(droppedByReason.sampled_out).toBe(MADE - bufferSize);
    expect(bufferSize).toBeGreaterThan(ROOM / 2);

    sink.release();
    await processor.forceFlush();
    let estimate = 0;
    const thresholds = new Set<number>();
    const states: string[] = [];
    const expected: string[] = [];
    for (const { name, traceState } of sink.arrived()) {
      const index = Number(name);
      const { threshold } = readOtTraceState(traceState);
      // Only errors have no threshold.
      expect(threshold === undefined).toBe(index % 100 === 50);
      estimate += adjustedCountOf(threshold ?? KEEP_ALL);
      if (threshold === undefined) continue;
      const randomness = parseRandomness(randomnessAt(index));
      if (randomness === undefined || !isKept(randomness, threshold))
        throw new Error(`span ${name} should not have passed ${traceState}`);
      thresholds.add(threshold.high);
      states.push(traceState.replace(/^ot=th:[0-9a-f]{4}/, '...'));
      expected.push(index % 3 === 0 ? `...;x:${index},${members(index)}` : '...');
    }
    expect(states).toEqual(expected);
    // One threshold let the spans in, and higher ones thinned them out.
    expect(Math.min(...thresholds)).toBe(0x8000000);
    expect(thresholds.size).toBeGreaterThan(1);
    // Evenly spread randomness leaves little to chance: an unmarked or a wrong threshold would be off by hundreds.
    expect(Math.abs(estimate - MADE)).toBeLessThan(MADE * 0.1);
  });

  it.each([500, 1_000, 2_048])(
    'is thinned out even if it holds only %i spans and a burst brings eight times as many',
    async (room) => {
      const sink = encodedSink(true);
      const processor = processorUnderLoad(sink, { maxQueueSize: room });
      const made = 8 * room;
      for (let index = 0; index < made; index += 1) processor.onEnd(makeSpan({ randomness: randomnessAt(index) }));
      expect(processor.getMetrics().droppedByReason.evicted).toBe(0);
      sink.release();
      await processor.forceFlush();
      const estimate = sink
        .arrived()
        .reduce((sum, { traceState }) => sum + adjustedCountOf(readOtTraceState(traceState).threshold ?? KEEP_ALL), 0);
      expect(Math.abs(estimate - made)).toBeLessThan(made * 0.15);
    },
  );

  it('is thinned out even if the earlier sampling of its spans is unknown: they get no threshold, and their traces stay whole', async () => {
    const sink = encodedSink(true);
    const processor = lawfulSpanProcessor(sink, { strategy: 'sample', lowWatermark: 0, maxQueueSize: ROOM });
    const remote = { isRemote: true };
    for (let index = 0; index < MADE; index += 1) {
      // Five spans of each trace, one after the other.
      const span = makeSpan({
        name: String(Math.floor(index / 5)),
        randomness: randomnessAt(Math.floor(index / 5)),
        parent: index % 5 === 0 ? remote : { isRemote: false },
      });
      processor.onStart(span, undefined);
      processor.onEnd(span);
    }
    const { droppedByReason, bufferSize } = processor.getMetrics();
    expect(droppedByReason).toMatchObject({ evicted: 0, sampled_out: MADE - bufferSize });
    sink.release();
    await processor.forceFlush();
    const counts = new Map<string, number>();
    for (const { name, traceState } of sink.arrived()) {
      expect(traceState).toBe('');
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    // Only traces that lie across two segments, or that end on both sides of a rise of the threshold, are not whole.
    expect([...counts.values()].filter((spans) => spans < 5).length).toBeLessThan(0.03 * counts.size);
  });

  it('is thinned out even before the threshold has risen, while its spans still say that all are kept', async () => {
    const sink = encodedSink(true);
    const processor = lawfulSpanProcessor(sink, { strategy: 'sample', lowWatermark: 0, maxQueueSize: ROOM });
    for (let index = 0; index < MADE; index += 1) processor.onEnd(makeSpan({ randomness: randomnessAt(index) }));
    expect(processor.getMetrics().droppedByReason.evicted).toBe(0);
    sink.release();
    await processor.forceFlush();
    const estimate = sink
      .arrived()
      .reduce((sum, { traceState }) => sum + adjustedCountOf(readOtTraceState(traceState).threshold ?? KEEP_ALL), 0);
    expect(Math.abs(estimate - MADE)).toBeLessThan(MADE * 0.15);
  });

  it('keeps errors, and thins out others for them', async () => {
    const sink = encodedSink(true);
    const processor = processorUnderLoad(sink, { maxQueueSize: ROOM });
    for (const span of spansOf(MADE)) processor.onEnd(span);
    const errors = Array.from({ length: ROOM / 2 }, (_, index) => makeError({ name: `error ${index}` }));
    for (const error of errors) processor.onEnd(error);
    expect(processor.getMetrics().droppedByReason.evicted).toBe(0);
    sink.release();
    await processor.forceFlush();
    const arrived = sink.arrived().map(({ name }) => name);
    expect(arrived.filter((name) => name.startsWith('error'))).toEqual(errors.map(({ name }) => name));
    expect(arrived.length).toBeLessThanOrEqual(ROOM);
  });

  it('first evicts the spans that came before the load, which counts as a loss', async () => {
    const sink = encodedSink(true);
    const processor = lawfulSpanProcessor(sink, {
      strategy: 'sample',
      sampleRate: 2,
      lowWatermark: 0.5,
      maxQueueSize: 10,
    });
    for (let index = 0; index < 20; index += 1) processor.onEnd(makeSpan({ name: String(index) }));
    expect(processor.getMetrics().droppedByReason).toMatchObject({ evicted: 10, sampled_out: 0 });
    sink.release();
    const arrived = await arrivedOf(processor, sink, []);
    expect(arrived).toEqual(
      Array.from({ length: 10 }, (_, index) => ({ name: String(index + 10), traceState: 'ot=th:8000' })),
    );
  });

  it('is not thinned out for a foreign exporter: the oldest span goes', () => {
    const processor = processorUnderLoad(objectSink(true), { maxQueueSize: 10 });
    for (let index = 0; index < 15; index += 1) processor.onEnd(makeSpan());
    expect(processor.getMetrics().droppedByReason).toMatchObject({ evicted: 5, sampled_out: 0 });
  });

  it.each(['drop_oldest', 'drop_newest'] as const)('is not thinned out with %s', (strategy) => {
    const processor = lawfulSpanProcessor(encodedSink(true), { strategy, maxQueueSize: ROOM, lowWatermark: 0 });
    for (const span of spansOf(2 * ROOM)) processor.onEnd(span);
    expect(processor.getMetrics()).toMatchObject({ bufferSize: ROOM, droppedByReason: { sampled_out: 0 } });
  });
});
