import type { SpanRun } from '../span-scenario.ts';
import { judge } from './row.ts';
import { spanRow } from './span-row.ts';

const SPANS = 100_000;
/** On a busy machine upstream's first request reaches its time-out before the end, and its batch is gone. */
const LEAST_HELD_SPANS = 0.99 * SPANS;
const SPANS_PER_SECOND = 25_000;
const ALLOWED_BYTES_BESIDE_ENCODING = 32;
/** Large enough for the spans to stay below every watermark, so that all of them are kept. */
const QUEUE_SPANS = 4 * SPANS;
const QUEUE_BYTES = 256 * 1024 * 1024;

/** What a span costs in memory while it waits. */
export const memory = spanRow({
  name: 'memory',
  title: '100 000 spans queued, collector never answers',
  variants: ['upstream', 'spillway'],
  runs: 1,
  seconds: 0,
  scenario: () => ({
    load: {
      kind: 'paced',
      spansPerSecond: SPANS_PER_SECOND,
      seconds: SPANS / SPANS_PER_SECOND,
      // Compiles the code and opens the connection, so that neither counts as a span's memory.
      warmupSeconds: 0.5,
      tickMillis: 5,
    },
    faults: [{ atMillis: 0, fault: { kind: 'hang' } }],
    processorOptions: {
      upstream: { maxQueueSize: QUEUE_SPANS },
      spillway: { maxQueueSize: QUEUE_SPANS, maxQueueBytes: QUEUE_BYTES },
    },
    measureHeldMemory: true,
  }),
  lines(runs) {
    const onHeap = runs.medians((run) => heldBytes(run).onHeap);
    const total = runs.medians((run) => heldBytes(run).total);
    const encoded = runs.medians(({ report }) => report.encodedSpanBytes ?? Number.NaN).spillway;
    const limit = encoded === undefined ? undefined : encoded + ALLOWED_BYTES_BESIDE_ENCODING;
    return [
      {
        figure: 'memory of a queued span',
        unit: 'bytes',
        ...total,
        target: `at most ${limit === undefined ? 'its encoding + 32' : `${limit.toFixed(0)}, its encoding + 32`}`,
        ...judge((spillway, most) => spillway <= most, total.spillway, limit),
      },
      {
        figure: 'of it on the JS heap',
        unit: 'bytes',
        ...onHeap,
        target: `at most ${ALLOWED_BYTES_BESIDE_ENCODING}`,
        ...judge((spillway) => spillway <= ALLOWED_BYTES_BESIDE_ENCODING, onHeap.spillway),
      },
    ];
  },
  problems({ report }) {
    const held = report.heldMemory?.heldSpans ?? 0;
    return held >= LEAST_HELD_SPANS ? [] : [`${held} of ${SPANS} spans were held`];
  },
});

/** Bytes per span held: the difference of two fully collected states. `external` has the buffers off the heap. */
function heldBytes({ report }: SpanRun): { onHeap: number; total: number } {
  if (report.heldMemory === undefined) return { onHeap: Number.NaN, total: Number.NaN };
  const { before, after, heldSpans } = report.heldMemory;
  const onHeap = (after.heapUsed - before.heapUsed) / heldSpans;
  return { onHeap, total: onHeap + (after.external - before.external) / heldSpans };
}
