import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../packages/sampling/test/seeded-random.ts';
import { expectLossOnlySampled, STEPS_PER_WINDOW } from './pipeline-run.ts';
import { STEP_MILLIS, useSimulatedTime } from './simulated-time.ts';
import { runSpans } from './span-runs.ts';
import { traceLoad } from './trace-load.ts';

useSimulatedTime();

const CAPACITY = 1_500;
const USUAL = 0.8 * CAPACITY;
const UP_AT = 5;
const DOWN_AT = 20;
const END_AT = 30;
/** Traces that began while the load was high still end during another second. */
const TRACE_SECONDS = 1;

/** The threshold must follow the load within this many windows. */
const SETTLING_WINDOWS = 10;

const windowAt = (second: number): number => (second * 1_000) / STEP_MILLIS / STEPS_PER_WINDOW;

describe.each([1, 2])('a load that rises to ten times for fifteen seconds and falls again (seed %i)', (seed) => {
  it('is sampled down to the capacity within ten windows, and no longer sampled ten windows after it has ended', async () => {
    const rateAt = (second: number): number => {
      if (second >= END_AT) return 0;
      return second >= UP_AT && second < DOWN_AT ? 10 * USUAL : USUAL;
    };
    const run = await runSpans(
      traceLoad({ random: seededRandom(seed), spansPerSecond: rateAt, traceSeconds: TRACE_SECONDS }),
      CAPACITY,
      {
        maxQueueSize: 10 * CAPACITY,
      },
    );
    const windows = run.steps.filter((_, step) => (step + 1) % STEPS_PER_WINDOW === 0);
    const probabilities = windows.map(({ samplingProbability }) => samplingProbability);

    expect(new Set(probabilities.slice(0, windowAt(UP_AT)))).toEqual(new Set([1]));
    // In a steady state, the kept spans match the capacity, or are up to a tenth fewer while the queue is too full.
    // With some hundred traces kept in a window, chance adds about a tenth as well.
    const fitting = CAPACITY / (10 * USUAL);
    for (const probability of probabilities.slice(windowAt(UP_AT) + SETTLING_WINDOWS, windowAt(DOWN_AT))) {
      expect(probability).toBeGreaterThan(0.75 * fitting);
      expect(probability).toBeLessThan(1.15 * fitting);
    }
    const over = probabilities.slice(windowAt(DOWN_AT + TRACE_SECONDS) + SETTLING_WINDOWS, windowAt(END_AT));
    expect(new Set(over)).toEqual(new Set([1]));
    expect(over.length).toBeGreaterThan(5);

    expectLossOnlySampled(run);
    expect(run.end.eventsEvicted).toBe(0);
    expect(Math.max(...windows.map(({ bufferUtilization }) => bufferUtilization))).toBeLessThan(0.95);
  });
});
