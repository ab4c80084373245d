import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../packages/sampling/test/seeded-random.ts';
import { estimateCount } from '../sampling/count-estimate.ts';
import { expectLossOnlySampled, type PipelineRun } from '../sampling/pipeline-run.ts';
import { madeBefore, sampledBefore } from '../sampling/sampled-before.ts';
import { useSimulatedTime } from '../sampling/simulated-time.ts';
import { burstOnLoad, runOverflow, suddenLoad } from '../sampling/span-runs.ts';
import type { TraceLoad } from '../sampling/trace-load.ts';
import { type Estimated, expectDeviationsHold, expectUnbiased } from '../sampling/unbiased.ts';

useSimulatedTime();

const CAPACITY = 1_000;
/** Of a thousand estimates three are further off, were they normally distributed. */
const DEVIATIONS = 3;

function expectCounted(run: PipelineRun, made: number): void {
  const { count, deviation } = estimateCount(run.delivered);
  expect(run.end.droppedByReason.evicted).toBe(0);
  expect(Math.abs(count - made)).toBeLessThan(DEVIATIONS * deviation);
  // A bound as wide as everything would prove nothing.
  expect(deviation / made).toBeLessThan(0.1);
  expectLossOnlySampled(run);
}

const sizeOf = (load: TraceLoad): number => load.flat().length;

describe('spans that say how they were sampled before they came', () => {
  it.each(['0', '8', 'c', '0001', '80000000000001', 'abcdef', 'c123456789abcd'])('with th:%s are thinned out as all others, and counted right, where the queue overflows', async (text) => {
    const { load, itemsPerSecond } = madeBefore(suddenLoad, seededRandom(1), CAPACITY, text);
    const run = await runOverflow({ load: sampledBefore(load, text), itemsPerSecond });
    expectCounted(run, sizeOf(load));
    // Let in and given up again.
    expect(run.end.eventsEvicted).toBeGreaterThan(5_000);
  });

  it.each(['8', 'c123456789abcd'])('with th:%s are counted right also where the queue overflows within a later window', async (text) => {
    const { load, itemsPerSecond } = madeBefore(burstOnLoad, seededRandom(1), CAPACITY, text);
    expectCounted(await runOverflow({ load: sampledBefore(load, text), itemsPerSecond }), sizeOf(load));
  });

  it.each(['8', 'ffe', 'fff8'])('with th:%s cost those beside them nothing, of which all were kept before', async (text) => {
    const { load, itemsPerSecond } = suddenLoad(seededRandom(1), CAPACITY);
    // By a digit that is no part of the randomness.
    const isSampled = (traceId: string): boolean => traceId[0] !== undefined && traceId[0] < '8';
    const run = await runOverflow({ load: sampledBefore(load, text, isSampled), itemsPerSecond });
    const others = load.flat().filter((span) => !isSampled(span.spanContext().traceId)).length;
    expectCounted({ ...run, delivered: run.delivered.filter(({ traceId }) => !isSampled(traceId)) }, others);
  });

  /** As in bias-of-thinning-out.test.ts; what was sampled before has the greater deviation. */
  it('are counted neither too high nor too low, over 200 streams', async () => {
    const streams: Estimated[] = [];
    for (let seed = 1; seed <= 200; seed += 1) {
      const { load, itemsPerSecond } = madeBefore(suddenLoad, seededRandom(seed), CAPACITY / 10, '8');
      const run = await runOverflow({ load: sampledBefore(load, '8'), itemsPerSecond });
      expectLossOnlySampled(run);
      streams.push({ ...estimateCount(run.delivered), made: sizeOf(load) });
    }
    expect(expectUnbiased(streams).standardError).toBeLessThan(0.013);
    expectDeviationsHold(streams);
  }, 60_000);
});
