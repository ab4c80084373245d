import { thresholdOf } from '@spillway/sampling';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../packages/sampling/test/seeded-random.ts';
import { meanOf, estimateCount } from './count-estimate.ts';
import { passedOn } from './later-sampler.ts';
import { expectLossOnlySampled } from './pipeline-run.ts';
import { useSimulatedTime } from './simulated-time.ts';
import { runSpans } from './span-runs.ts';
import { traceLoad, type TraceLoad } from './trace-load.ts';
import { type Estimated, expectUnbiased } from './unbiased.ts';

useSimulatedTime();

const STREAMS = 40;
const CAPACITY = 300;
const SECONDS = 8;
/** Little enough load that we keep more than the later sampler: it has something to drop. */
const FACTOR = 4;
const TENTH = thresholdOf(0.1, 4);

const load = (seed: number): TraceLoad =>
  traceLoad({ random: seededRandom(seed), spansPerSecond: (second) => (second < SECONDS ? FACTOR * CAPACITY : 0) });

/**
 * A tenth of the traces is left in the end, whatever was sampled before: the deviation of a stream of 9 600 spans is the root of
 * 9 * 914 * 143.5, that is 11 %, and of the mean of 40 streams 1.8 %. Three of those are the bound.
 */
describe('what a later sampler passes on, to one in ten', () => {
  it('still counts for all spans made, behind our sampling', async () => {
    const streams: Estimated[] = [];
    for (let seed = 1; seed <= STREAMS; seed += 1) {
      const run = await runSpans(load(seed), CAPACITY, { maxQueueSize: 10 * CAPACITY });
      expectLossOnlySampled(run);
      const left = passedOn(run.delivered, TENTH);
      expect(left.length).toBeLessThan(0.5 * run.delivered.length);
      streams.push({ ...estimateCount(left), made: run.made });
    }
    expect(expectUnbiased(streams).standardError).toBeLessThan(0.025);
  });

  /** As many are dropped, but by the toss of a coin for each, and what is left does not say so. */
  it('counts for a fraction of them behind a sampler that tosses a coin and writes no threshold', async () => {
    const streams: Estimated[] = [];
    for (let seed = 1; seed <= STREAMS; seed += 1) {
      const made = load(seed);
      const coin = seededRandom(-seed);
      const tossed = made.map((spans) => spans.filter(() => coin() < 1 / FACTOR));
      const run = await runSpans(tossed, CAPACITY, { maxQueueSize: 10 * CAPACITY, strategy: 'drop_oldest' });
      streams.push({ ...estimateCount(passedOn(run.delivered, TENTH)), made: made.flat().length });
    }
    expect(() => expectUnbiased(streams)).toThrow('to be less than 3');
    const { mean, standardError } = meanOf(streams.map(({ count, made }) => count / made));
    expect(Math.abs(mean - 1 / FACTOR)).toBeLessThan(3 * standardError);
    expect((1 - mean) / standardError).toBeGreaterThan(50);
  });
});
