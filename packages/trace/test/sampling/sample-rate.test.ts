import type { ReadableSpanLike } from '@spillway/trace';
import { describe, expect, it, vi } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { makeSpan } from './make-span.ts';
import { encodedSink, lawfulSpanProcessor, objectSink, processorUnderLoad, SINKS } from './spans-under-load.ts';

useFakeTime();

const SPANS_A_TRACE = 3;
/** Their randomness is evenly spread, so that shares are exact. */
const TRACES = 6_000;

/** Spans of all traces, one round after the other, so that the spans of a trace are never next to each other. */
function spansOf(traces: number): ReadableSpanLike[] {
  const step = Math.floor(2 ** 56 / traces / 16) * 16;
  return Array.from({ length: SPANS_A_TRACE }, () =>
    Array.from({ length: traces }, (_, index) =>
      makeSpan({ name: String(index), randomness: (BigInt(step) * BigInt(index)).toString(16).padStart(14, '0') }),
    ),
  ).flat();
}

/** How many spans of each trace have arrived. */
function arrivedByTrace(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

describe.each(SINKS)('sampleRate, with %s', (_, newSink) => {
  it.each([1, 2, 3, 10, 100])('keeps 1 trace in %i while under load, with all its spans', async (sampleRate) => {
    const sink = newSink();
    const processor = processorUnderLoad(sink, { sampleRate, maxQueueSize: 100_000 });
    for (const span of spansOf(TRACES)) processor.onEnd(span);
    await processor.forceFlush();
    const counts = arrivedByTrace(sink.arrived().map(({ name }) => name));
    expect(new Set(counts.values())).toEqual(new Set([SPANS_A_TRACE]));
    // The threshold has 16 bits and is rounded up, so never more and hardly fewer traces are kept.
    expect(counts.size).toBeLessThanOrEqual(TRACES / sampleRate);
    expect(counts.size).toBeGreaterThan(TRACES / sampleRate - 2);
    expect(processor.getMetrics()).toMatchObject({
      eventsFlushed: counts.size * SPANS_A_TRACE,
      droppedByReason: { sampled_out: (TRACES - counts.size) * SPANS_A_TRACE },
    });
  });
});

describe('sampleRate', () => {
  it('is fixed: it does not follow the load', async () => {
    const sink = objectSink();
    const processor = processorUnderLoad(sink, { sampleRate: 4 });
    for (let window = 0; window < 20; window += 1) {
      for (const span of spansOf(16)) processor.onEnd(span);
      // oxlint-disable-next-line no-await-in-loop -- one window after the other
      await processor.forceFlush();
      vi.advanceTimersByTime(500);
      expect(processor.getMetrics().samplingProbability).toBe(0.25);
    }
    expect(sink.exporter.exported).toHaveLength(20 * 4 * SPANS_A_TRACE);
  });

  it('may be left out, and then as many spans are kept as can be sent', async () => {
    const sink = encodedSink();
    const processor = lawfulSpanProcessor(sink, { strategy: 'sample', lowWatermark: 0, maxQueueSize: 100_000 });
    for (let window = 0; window < 20; window += 1) {
      for (const span of spansOf(64)) processor.onEnd(span);
      // oxlint-disable-next-line no-await-in-loop -- one window after the other
      await processor.forceFlush();
      vi.advanceTimersByTime(500);
    }
    // The queue is empty at the end of each window, so all spans could be sent.
    expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 20 * 64 * SPANS_A_TRACE, samplingProbability: 1 });
  });

  it('may be left out, and then spans say that all were kept until the threshold rises', async () => {
    const sink = encodedSink();
    const processor = lawfulSpanProcessor(sink, { strategy: 'sample', lowWatermark: 0 });
    for (const traceState of ['a=1', 'ot=th:4,a=1', 'ot=rv:00000000000000']) processor.onEnd(makeSpan({ traceState }));
    await processor.forceFlush();
    expect(sink.arrived().map(({ traceState }) => traceState)).toEqual([
      'ot=th:0000,a=1',
      'ot=th:4000,a=1',
      'ot=th:0000;rv:00000000000000',
    ]);
  });

  it.each([0, -1, 1.5, Number.NaN, '2'])('is refused with its name and value if it is %s', (sampleRate) => {
    expect(() => processorUnderLoad(objectSink(), { sampleRate: sampleRate as number })).toThrow(
      new RegExp(`sampleRate .*${sampleRate}`),
    );
  });
});
