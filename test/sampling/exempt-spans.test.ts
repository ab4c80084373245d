import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../packages/sampling/test/seeded-random.ts';
import { estimateCount, meanOf } from './count-estimate.ts';
import { expectLossOnlySampled, probabilitiesOf } from './pipeline-run.ts';
import { STEP_MILLIS, useSimulatedTime } from './simulated-time.ts';
import { runSpans } from './span-runs.ts';
import { countOfName, ERROR_SPAN_NAME, type TraceLoad, traceLoad } from './trace-load.ts';

useSimulatedTime();

const CAPACITY = 1_000;
const SECONDS = 10;
const STEPS_PER_SECOND = 1_000 / STEP_MILLIS;
const QUEUE = { maxQueueSize: 20 * CAPACITY };

function failingLoad(factor: number, errors: number): TraceLoad {
  return traceLoad({
    random: seededRandom(6),
    spansPerSecond: (second) => (second < SECONDS ? factor * CAPACITY : 0),
    errors,
  });
}

describe('errors among sampled spans', () => {
  /** One in three traces has an error. Errors are a third of the capacity; all spans are ten times the capacity. */
  it('are all delivered, and both kinds of spans are counted right', async () => {
    const load = failingLoad(10, 1 / 3);
    const run = await runSpans(load, CAPACITY, QUEUE);
    const errors = run.delivered.filter(({ name }) => name === ERROR_SPAN_NAME);
    const others = estimateCount(run.delivered.filter(({ name }) => name !== ERROR_SPAN_NAME));
    const made = countOfName(load, ERROR_SPAN_NAME);
    expect(errors.length).toBe(made);
    expect(errors.every(({ threshold }) => threshold === undefined)).toBe(true);
    expect(made).toBeGreaterThan(2_000);
    // Within three deviations of 4 %, because the other spans of an error's trace are sampled like any others.
    expect(Math.abs(others.count - (run.made - made))).toBeLessThan(3 * others.deviation);
    expect(others.deviation / (run.made - made)).toBeLessThan(0.05);

    expectLossOnlySampled(run);
    expect(run.steps.some(({ exemptExceedsCapacity }) => exemptExceedsCapacity)).toBe(false);
    // The other spans make room for the errors. They get the remaining capacity, and less while the queue is too full.
    const fitting = (CAPACITY - made / SECONDS) / ((run.made - made) / SECONDS);
    const { mean } = meanOf(probabilitiesOf(run).slice((SECONDS / 2) * STEPS_PER_SECOND, SECONDS * STEPS_PER_SECOND));
    expect(mean / fitting).toBeGreaterThan(0.7);
    expect(mean / fitting).toBeLessThan(1.05);
  });

  /** Every trace has an error, at thirty times the capacity. So errors alone are nearly three times the capacity. */
  it('are given up if they alone exceed the capacity: the metrics say so, and every lost error is counted', async () => {
    const load = failingLoad(30, 1);
    const run = await runSpans(load, CAPACITY, QUEUE);
    const made = countOfName(load, ERROR_SPAN_NAME);
    expect(made).toBeGreaterThan(2.5 * CAPACITY * SECONDS);
    const flags = run.steps.map(({ exemptExceedsCapacity }) => exemptExceedsCapacity);
    expect(flags.slice((SECONDS / 2) * STEPS_PER_SECOND, SECONDS * STEPS_PER_SECOND).every(Boolean)).toBe(true);
    const { sampled_out: sampledOut, evicted, ...others } = run.end.droppedByReason;
    expect(new Set(Object.values(others))).toEqual(new Set([0]));
    expect(evicted).toBeGreaterThan(0);
    expect(run.end.eventsFlushed + sampledOut + evicted).toBe(run.made);
    // No other spans take their room: almost none of the others are kept.
    expect(probabilitiesOf(run)[SECONDS * STEPS_PER_SECOND]).toBe(1 / 65_536);
  });
});
