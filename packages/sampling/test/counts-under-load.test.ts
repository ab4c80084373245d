import { describe, expect, it } from 'vitest';
import { adjustedCountOf, isKept, isTraceKept, KEEP_ALL, AdaptiveThreshold, newRandomness } from '@spillway/sampling';
import { randomTraceId, seededRandom } from './seeded-random.ts';

const SPANS = 200_000;
const ARRIVING = 10_000;
/** A tenth of the arriving items. */
const CAPACITY = 1_000;
const QUEUE = 20 * CAPACITY;

/**
 * The standard deviation of the estimate, as a share of the spans made, if all of them were sampled at 1 in 10. Traces
 * are kept as a whole, so it is the root of (1 - p) / p times the sum of the squares of their lengths: 143.5 is the
 * mean square of 1 to 20, and 10.5 their mean.
 */
const DEVIATION = Math.sqrt(9 * (SPANS / 10.5) * 143.5) / SPANS;

/** A queue and a consumer that a sampler sees at the end of each window. */
class Pipeline {
  readonly adaptive = new AdaptiveThreshold();
  queued = 0;
  lost = 0;
  sampledWindows = 0;

  onWindow(arrived: number, kept: number): void {
    if (this.adaptive.threshold !== KEEP_ALL) this.sampledWindows += 1;
    const sent = Math.min(this.queued + kept, CAPACITY);
    const left = this.queued + kept - sent;
    this.queued = Math.min(left, QUEUE);
    this.lost += left - this.queued;
    this.adaptive.onWindow({
      seconds: 1,
      arrived,
      exempt: 0,
      kept,
      sent,
      queued: this.queued,
      utilization: this.queued / QUEUE,
    });
  }
}

const traceLength = (random: () => number): number => 1 + Math.floor(random() * 20);

describe('at ten times the capacity, the sum of the adjusted counts of the kept spans', () => {
  it('is the number of spans made, within 3 %, even if traces span several windows', () => {
    const random = seededRandom(1);
    const windows: string[][] = Array.from({ length: SPANS / ARRIVING }, () => []);
    let made = 0;
    while (made < SPANS) {
      const traceId = randomTraceId(random);
      const start = random() * (windows.length - 1.5);
      for (let left = traceLength(random); left > 0; left -= 1) {
        windows[Math.floor(start + 1.5 * random())]?.push(traceId);
        made += 1;
      }
    }

    const pipeline = new Pipeline();
    let counted = 0;
    for (const traceIds of windows) {
      const { threshold } = pipeline.adaptive;
      const kept = traceIds.filter((traceId) => isTraceKept(traceId, threshold)).length;
      counted += kept * adjustedCountOf(threshold);
      pipeline.onWindow(traceIds.length, kept);
    }
    expect(pipeline.lost).toBe(0);
    expect(pipeline.sampledWindows).toBeGreaterThan(15);
    expect(Math.abs(counted / made - 1)).toBeLessThan(0.03);
  });

  it('is unbiased over 200 streams, and scatters as theory predicts', () => {
    const STREAMS = 200;
    const errors = Array.from({ length: STREAMS }, (_, seed) => {
      const random = seededRandom(seed + 1);
      const pipeline = new Pipeline();
      let made = 0;
      let counted = 0;
      while (made < SPANS) {
        const { threshold } = pipeline.adaptive;
        const adjustedCount = adjustedCountOf(threshold);
        let arrived = 0;
        let kept = 0;
        while (arrived < ARRIVING) {
          const length = traceLength(random);
          arrived += length;
          if (isKept(newRandomness(random), threshold)) kept += length;
        }
        made += arrived;
        counted += kept * adjustedCount;
        pipeline.onWindow(arrived, kept);
      }
      expect(pipeline.lost).toBe(0);
      return counted / made - 1;
    });
    const mean = errors.reduce((sum, error) => sum + error, 0) / STREAMS;
    const deviation = Math.sqrt(errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / (STREAMS - 1));
    // Three standard errors of the mean: a bias of half a percent would show.
    expect(Math.abs(mean)).toBeLessThan((3 * DEVIATION) / Math.sqrt(STREAMS));
    expect(deviation).toBeGreaterThan(0.7 * DEVIATION);
    expect(deviation).toBeLessThan(1.3 * DEVIATION);
    expect(errors.filter((error) => Math.abs(error) < 0.03).length).toBeGreaterThan(0.65 * STREAMS);
  });
});
