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
/** If estimates are normally distributed, three in a thousand are further off. */
const DEVIATIONS = 3;

function expectCounted(run: PipelineRun, made: number): void {
  const { count, deviation } = estimateCount(run.delivered);
  expect(run.end.droppedByReason.evicted).toBe(0);
  expect(Math.abs(count - made)).toBeLessThan(DEVIATIONS * deviation);
  // A very wide bound would prove nothing.
  expect(deviation / made).toBeLessThan(0.1);
  expectLossOnlySampled(run);
}

const sizeOf = (load: TraceLoad): number => load.flat().length;

describe('spans that say how they were sampled earlier', () => {
  it.each(['0', '8', 'c', '0001', '80000000000001', 'abcdef', 'c123456789abcd'])(
    '(th:%s) are thinned out like all others, and counted right, if the queue overflows',
    async (text) => {
      const { load, itemsPerSecond } = madeBefore(suddenLoad, seededRandom(1), CAPACITY, text);
      const run = await runOverflow({ load: sampledBefore(load, text), itemsPerSecond });
      expectCounted(run, sizeOf(load));
      // These spans were let in and then given up.
      expect(run.end.eventsEvicted).toBeGreaterThan(5_000);
    },
  );

  it.each(['8', 'c123456789abcd'])(
    '(th:%s) are counted right even if the queue overflows within a later window',
    async (text) => {
      const { load, itemsPerSecond } = madeBefore(burstOnLoad, seededRandom(1), CAPACITY, text);
      expectCounted(await runOverflow({ load: sampledBefore(load, text), itemsPerSecond }), sizeOf(load));
    },
  );

  it.each(['8', 'ffe', 'fff8'])(
    '(th:%s) do not affect the counts of other spans, all of which were kept before',
    async (text) => {
      const { load, itemsPerSecond } = suddenLoad(seededRandom(1), CAPACITY);
      // This digit is not part of the randomness.
      const isSampled = (traceId: string): boolean => traceId[0] !== undefined && traceId[0] < '8';
      const run = await runOverflow({ load: sampledBefore(load, text, isSampled), itemsPerSecond });
      const others = load.flat().filter((span) => !isSampled(span.spanContext().traceId)).length;
      expectCounted({ ...run, delivered: run.delivered.filter(({ traceId }) => !isSampled(traceId)) }, others);
    },
  );

  /** As in bias-of-thinning-out.test.ts, but spans that were sampled earlier have a greater deviation. */
  it('are counted without bias over 200 streams', async () => {
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
