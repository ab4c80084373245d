import type { ScenarioRun } from '../scenario.ts';
import { SIGNALS, type Signal } from '../signal.ts';
import { judge, type Row } from './row.ts';
import { scenarioRow } from './scenario-row.ts';

const ITEMS = 100_000;
/** On a busy machine, upstream's first request times out before the end, and its batch is dropped. */
const LEAST_HELD_ITEMS = 0.99 * ITEMS;
const ITEMS_PER_SECOND = 25_000;
const ALLOWED_BYTES_BESIDE_ENCODING = 32;
/** Large enough for the items to stay below every watermark, so that all of them are kept. */
const QUEUE_ITEMS = 4 * ITEMS;
const QUEUE_BYTES = 256 * 1024 * 1024;

/** The memory that an item takes while it waits. */
export function memory(signal: Signal): Row {
  const { item, items } = SIGNALS[signal];
  return scenarioRow({
    signal,
    name: 'memory',
    title: `100 000 ${items} queued, collector never answers`,
    variants: ['upstream', 'spillway'],
    runs: 1,
    seconds: 0,
    scenario: () => ({
      load: {
        kind: 'paced',
        itemsPerSecond: ITEMS_PER_SECOND,
        seconds: ITEMS / ITEMS_PER_SECOND,
        // Compiles the code and opens the connection, so that neither counts as an item's memory.
        warmupSeconds: 0.5,
        tickMillis: 5,
      },
      faults: [{ atMillis: 0, fault: { kind: 'hang' } }],
      processorOptions: {
        upstream: { maxQueueSize: QUEUE_ITEMS },
        spillway: { maxQueueSize: QUEUE_ITEMS, maxQueueBytes: QUEUE_BYTES },
      },
      measureHeldMemory: true,
    }),
    lines(runs) {
      const onHeap = runs.medians((run) => heldBytes(run).onHeap);
      const total = runs.medians((run) => heldBytes(run).total);
      const encoded = runs.medians(({ report }) => report.encodedItemBytes ?? Number.NaN).spillway;
      const limit = encoded === undefined ? undefined : encoded + ALLOWED_BYTES_BESIDE_ENCODING;
      return [
        {
          figure: `memory of a queued ${item}`,
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
      const held = report.heldMemory?.heldItems ?? 0;
      return held >= LEAST_HELD_ITEMS ? [] : [`${held} of ${ITEMS} ${items} were held`];
    },
  });
}

/**
 * Bytes per held item: the difference between two states after full collection. `external` has the buffers off the
 * heap.
 */
function heldBytes({ report }: ScenarioRun): { onHeap: number; total: number } {
  if (report.heldMemory === undefined) return { onHeap: Number.NaN, total: Number.NaN };
  const { before, after, heldItems } = report.heldMemory;
  const onHeap = (after.heapUsed - before.heapUsed) / heldItems;
  return { onHeap, total: onHeap + (after.external - before.external) / heldItems };
}
