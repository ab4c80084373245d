import { expect, it } from 'vitest';
import { seededRandom } from '../../packages/sampling/test/seeded-random.ts';
import { estimateCount } from '../sampling/count-estimate.ts';
import { expectLossOnlySampled } from '../sampling/pipeline-run.ts';
import { useSimulatedTime } from '../sampling/simulated-time.ts';
import { burstOnLoad, runOverflow, suddenLoad } from '../sampling/span-runs.ts';
import { type Estimated, expectDeviationsHold, expectUnbiased } from '../sampling/unbiased.ts';

useSimulatedTime();

const STREAMS = 200;
const CAPACITY = 100;

/**
 * Of a stream the deviation is 13 %, where a sudden load of 5 000 spans is thinned out to a sixth, and 17 % with a burst on top
 * of load that is sampled already; of the mean of 200 streams 0.9 % and 1.2 %. Three of those are the bound: what is thinned
 * out, 15 % of a sudden load, may neither go uncounted nor leave the others without what they survived.
 *
 * There is a smaller bias, as in bias-of-sampling.test.ts: how often it is thinned out follows from how many are left, and spans
 * of one trace that wait in several places share their fate. Of a sudden load 0.56 % +- 0.17 % over 6 000 streams of this size,
 * 1.00 % +- 0.26 % over 6 000 of half the size; none, -0.02 % +- 0.06 % over 8 000, where each trace has one span.
 */
it.each([
  ['before the first window is over', suddenLoad, 700],
  ['within a later window', burstOnLoad, 150],
])('the adjusted counts are neither too high nor too low where the queue overflows %s, over 200 streams', async (_, overflowOf, leastThinnedOut) => {
  const streams: Estimated[] = [];
  let thinnedOut = 0;
  for (let seed = 1; seed <= STREAMS; seed += 1) {
    const run = await runOverflow(overflowOf(seededRandom(seed), CAPACITY));
    expectLossOnlySampled(run);
    thinnedOut += run.end.eventsEvicted;
    streams.push({ ...estimateCount(run.delivered), made: run.made });
  }
  expect(thinnedOut / STREAMS).toBeGreaterThan(leastThinnedOut);
  expect(expectUnbiased(streams).standardError).toBeLessThan(0.013);
  expectDeviationsHold(streams);
}, 60_000);
