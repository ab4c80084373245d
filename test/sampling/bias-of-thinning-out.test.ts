import { expect, it } from 'vitest';
import { seededRandom } from '../../packages/sampling/test/seeded-random.ts';
import { estimateCount } from './count-estimate.ts';
import { expectLossOnlySampled } from './pipeline-run.ts';
import { useSimulatedTime } from './simulated-time.ts';
import { runOverflowingLoad } from './span-runs.ts';
import { type Estimated, expectDeviationsHold, expectUnbiased } from './unbiased.ts';

useSimulatedTime();

const STREAMS = 200;
const CAPACITY = 100;

/**
 * Here the deviation of a stream is 15 %, and that of the mean of 200 is 1.1 %: a bias of 3.3 % would show. What is thinned out would
 * be a tenth of all spans, so that it would show if it went uncounted, or if those that are left did not say what they survived.
 */
it('the adjusted counts are neither too high nor too low where the queue is thinned out, over 200 streams', async () => {
  const streams: Estimated[] = [];
  let thinnedOut = 0;
  for (let seed = 1; seed <= STREAMS; seed += 1) {
    const run = await runOverflowingLoad(seededRandom(seed), CAPACITY);
    expectLossOnlySampled(run);
    thinnedOut += run.end.eventsEvicted;
    streams.push({ ...estimateCount(run.delivered), made: run.made });
  }
  expect(thinnedOut / STREAMS).toBeGreaterThan(150);
  const { standardError } = expectUnbiased(streams);
  expect(standardError).toBeLessThan(0.013);
  expectDeviationsHold(streams);
}, 60_000);
