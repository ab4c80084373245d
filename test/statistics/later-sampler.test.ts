import { thresholdOf } from '@spillway/sampling';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../packages/sampling/test/seeded-random.ts';
import { estimateCount, meanOf } from '../sampling/count-estimate.ts';
import { passedOn } from '../sampling/later-sampler.ts';
import { expectLossOnlySampled } from '../sampling/pipeline-run.ts';
import { useSimulatedTime } from '../sampling/simulated-time.ts';
import { runSpans } from '../sampling/span-runs.ts';
import { type TraceLoad, traceLoad } from '../sampling/trace-load.ts';
import { type Estimated, expectUnbiased } from '../sampling/unbiased.ts';

useSimulatedTime();

const STREAMS = 40;
const SPANS_PER_SECOND = 1_600;
const SECONDS = 8;
const TENTH = thresholdOf(0.1, 4);

const load = (seed: number): TraceLoad =>
  traceLoad({ random: seededRandom(seed), spansPerSecond: (second) => (second < SECONDS ? SPANS_PER_SECOND : 0) });

/**
 * Streams of 12 800 spans have 1 219 traces with a mean square of 143.5 spans. If Spillway keeps a quarter, a tenth is
 * left: the deviation of a stream is the root of 9 * 1 219 * 143.5, that is 10 %, and of the mean of 40 streams 1.5 %.
 * If Spillway keeps less than a tenth, at times 0.03, all of that is left and must still carry its threshold: 18 % and
 * 2.8 %. The bound is three times the deviation.
 */
describe('the sample that a later sampler of one in ten passes on', () => {
  it.each([
    ['more', 4],
    ['less', 20],
  ])('still counts for all spans made if Spillway keeps %s than that', async (_, factor) => {
    const capacity = SPANS_PER_SECOND / factor;
    const streams: Estimated[] = [];
    for (let seed = 1; seed <= STREAMS; seed += 1) {
      const run = await runSpans(load(seed), capacity, { maxQueueSize: 10 * capacity });
      expectLossOnlySampled(run);
      streams.push({ ...estimateCount(passedOn(run.delivered, TENTH)), made: run.made });
    }
    expect(expectUnbiased(streams).standardError).toBeLessThan(0.035);
  });

  /** A quarter is kept here too, but each span is drawn at random, and kept spans do not say so. */
  it('counts for only a quarter of the spans if an earlier sampler draws at random and writes no threshold', async () => {
    const streams: Estimated[] = [];
    for (let seed = 1; seed <= STREAMS; seed += 1) {
      const made = load(seed);
      const coin = seededRandom(-seed);
      const tossed = made.map((spans) => spans.filter(() => coin() < 1 / 4));
      const run = await runSpans(tossed, SPANS_PER_SECOND / 4, {
        maxQueueSize: 10 * SPANS_PER_SECOND,
        strategy: 'drop_oldest',
      });
      streams.push({ ...estimateCount(passedOn(run.delivered, TENTH)), made: made.flat().length });
    }
    expect(() => expectUnbiased(streams)).toThrow('to be less than 3');
    const { mean, standardError } = meanOf(streams.map(({ count, made }) => count / made));
    expect(Math.abs(mean - 1 / 4)).toBeLessThan(3 * standardError);
    expect((1 - mean) / standardError).toBeGreaterThan(50);
  });
});
