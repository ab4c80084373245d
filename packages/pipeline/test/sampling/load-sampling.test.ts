import { BackpressureState } from '@spillway/backpressure';
import { KEEP_ALL, probabilityOf } from '@spillway/sampling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LoadSampling, type LoadMetrics, type LoadSamplingOptions } from '../../src/sampling/load-sampling.ts';

const WINDOW_MILLIS = 500;
const RANDOMNESS = 2 ** 28;
const { NORMAL, ELEVATED, DRAINING } = BackpressureState;

interface Item {
  /** 0 to 1; negative: it has none. */
  readonly randomness: number;
  readonly isExempt?: boolean;
  readonly isUnknown?: boolean;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

function createSampling(options: LoadSamplingOptions = {}) {
  const metrics = { bufferUtilization: 0, bufferSize: 0, inFlight: 0, eventsFlushed: 0, eventsFailed: 0 };
  const spool = { takes: false };
  const sampling = new LoadSampling<Item>(
    {
      randomnessOf: ({ randomness }) => Math.floor(randomness * RANDOMNESS),
      isExempt: ({ isExempt = false }) => isExempt,
      isProbabilityKnown: ({ isUnknown = false }) => !isUnknown,
    },
    undefined,
    options,
    { metrics: () => metrics satisfies LoadMetrics, isSpared: () => spool.takes },
  );
  /** One window in which that many arrived, evenly spread, and that many were sent. */
  const window = (arrived: number, sent: number, utilization: number): number => {
    let kept = 0;
    for (let index = 0; index < arrived; index += 1)
      if (sampling.decide({ randomness: index / arrived }) !== undefined) kept += 1;
    Object.assign(metrics, {
      bufferUtilization: utilization,
      bufferSize: utilization * 10_000,
      eventsFlushed: metrics.eventsFlushed + sent,
    });
    vi.advanceTimersByTime(WINDOW_MILLIS);
    return kept;
  };
  return { sampling, window, spool };
}

describe('sampling under load', () => {
  it('keeps everything, marks nothing and has no timer while there is no load', () => {
    const { sampling, window } = createSampling();
    expect(window(100, 100, 0.3)).toBe(100);
    expect(sampling.decide({ randomness: 0 })).toEqual({ lane: 0 });
    expect(sampling).toMatchObject({ probability: 1, threshold: KEEP_ALL });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps as many as can be sent, by a threshold that follows from past windows', () => {
    const { sampling, window } = createSampling();
    sampling.onStateChange(ELEVATED);
    expect(window(1_000, 100, 0.55)).toBe(1_000);
    for (let index = 0; index < 5; index += 1) window(1_000, 100, 0.6);
    const kept = window(1_000, 100, 0.6);
    expect(kept).toBeGreaterThan(70);
    expect(kept).toBeLessThan(120);
    expect(probabilityOf(sampling.threshold)).toBe(sampling.probability);
  });

  it('goes on after the state is normal again until all items are kept, and then has no timer', () => {
    const { sampling, window } = createSampling();
    sampling.onStateChange(ELEVATED);
    for (let index = 0; index < 4; index += 1) window(1_000, 100, 0.6);
    sampling.onStateChange(NORMAL);
    expect(window(1_000, 100, 0.4)).toBeLessThan(500);
    for (let index = 0; index < 10; index += 1) window(50, 50, 0);
    expect(sampling.probability).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('marks kept items with the threshold, not to be stated if their probability is unknown, except exempt ones and those without randomness', () => {
    const { sampling } = createSampling({ sampleRate: 4 });
    sampling.onStateChange(ELEVATED);
    expect(sampling.decide({ randomness: 0.9 })).toEqual({
      lane: 0,
      mark: { threshold: 0xc000, randomness: Math.floor(0.9 * RANDOMNESS), isSaid: true },
    });
    for (const item of [{ randomness: 0.1, isExempt: true }, { randomness: -1 }]) {
      expect(sampling.decide(item)).toEqual({ lane: expect.any(Number) });
    }
    expect(sampling.decide({ randomness: 0.9, isUnknown: true })).toEqual({
      lane: 0,
      mark: { threshold: 0xc000, randomness: Math.floor(0.9 * RANDOMNESS), isSaid: false },
    });
    expect(sampling.decide({ randomness: 0.1, isUnknown: true })).toBeUndefined();
  });

  it('gives exempt items a lane above the others, but only under load', () => {
    const { sampling } = createSampling();
    expect(sampling.decide({ randomness: 0.9, isExempt: true })?.lane).toBe(0);
    sampling.onStateChange(ELEVATED);
    expect(sampling.decide({ randomness: 0.9, isExempt: true })?.lane).toBe(1);
    expect(sampling.decide({ randomness: 0.9 })?.lane).toBe(0);
  });

  it.each([
    [1, 1],
    [2, 0.5],
    [3, 1 / 3],
    [10, 0.1],
    [1_000_000, 1 / 65_536],
  ])('keeps a share of 1 in %i under load with that fixed rate, and all items otherwise', (sampleRate, share) => {
    const { sampling } = createSampling({ sampleRate });
    expect(sampling.probability).toBe(1);
    sampling.onStateChange(ELEVATED);
    expect(sampling.probability).toBeCloseTo(share, 4);
    expect(sampling.probability).toBeLessThanOrEqual(Math.max(share, 1 / 65_536));
    sampling.onStateChange(DRAINING);
    expect(sampling.probability).toBeCloseTo(share, 4);
    sampling.onStateChange(NORMAL);
    expect(sampling.probability).toBe(1);
    vi.advanceTimersByTime(WINDOW_MILLIS);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps an item that cannot be read, so that it is counted when encoding fails', () => {
    const { sampling } = createSampling({ sampleRate: 1_000 });
    sampling.onStateChange(ELEVATED);
    expect(sampling.decide(null as unknown as Item)).toEqual({ lane: 0 });
  });

  it('ends with the pipeline: it has no timer, and nothing is sampled out any more', () => {
    const { sampling, window } = createSampling();
    sampling.onStateChange(ELEVATED);
    for (let index = 0; index < 4; index += 1) window(1_000, 100, 0.6);
    sampling.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(sampling.decide({ randomness: 0 })).toBeDefined();
  });

  it.each([undefined, 2])(
    'reports that exempt items alone exceed the capacity, until the load is over: sampleRate %s',
    (sampleRate) => {
      const { sampling, window } = createSampling({ sampleRate });
      sampling.onStateChange(ELEVATED);
      expect(sampling.exemptExceedsCapacity).toBe(false);
      for (let index = 0; index < 4; index += 1) {
        for (let item = 0; item < 500; item += 1) sampling.decide({ randomness: 0.5, isExempt: true });
        window(100, 100, 0.7);
      }
      expect(sampling.exemptExceedsCapacity).toBe(true);
      sampling.onStateChange(NORMAL);
      for (let index = 0; index < 10; index += 1) window(50, 200, 0);
      expect(sampling.exemptExceedsCapacity).toBe(false);
    },
  );
});

describe('watermarks of the pipeline', () => {
  const probabilityAt = (utilization: number, options: LoadSamplingOptions): number => {
    const { sampling, window } = createSampling(options);
    sampling.onStateChange(ELEVATED);
    for (let count = 0; count < 4; count += 1) window(1_000, 100, utilization);
    return sampling.probability;
  };

  it.each([
    [0.3, { lowWatermark: 0.2 }, { lowWatermark: 0.5 }],
    [0.6, {}, { lowWatermark: 0.7 }],
  ])('decide where sampling under load begins: at %d with %o, and not with %o', (utilization, below, above) => {
    expect(probabilityAt(utilization, below)).toBeLessThan(0.5);
    expect(probabilityAt(utilization, above)).toBe(1);
  });

  it('decide how much of the capacity is used, so that the queue drains above the higher one', () => {
    expect(probabilityAt(0.7, { highWatermark: 0.6 })).toBeLessThan(0.8 * probabilityAt(0.7, { highWatermark: 0.95 }));
  });
});

describe('sampling under load, while a spool takes what memory cannot hold', () => {
  it('keeps everything and says so, but marks items, because they may have to be thinned out after all', () => {
    const { sampling, window, spool } = createSampling();
    spool.takes = true;
    sampling.onStateChange(BackpressureState.CRITICAL);
    for (let index = 0; index < 10; index += 1) expect(window(1_000, 10, 0.9)).toBe(1_000);
    expect(sampling).toMatchObject({ probability: 1, threshold: KEEP_ALL, upperThreshold: 0 });
    expect(sampling.decide({ randomness: 0.5 })?.mark).toMatchObject({ threshold: 0 });
  });

  it('begins as with a new load when the spool refuses items, and ends when it takes them again', () => {
    const { sampling, window, spool } = createSampling();
    spool.takes = true;
    sampling.onStateChange(BackpressureState.CRITICAL);
    for (let index = 0; index < 10; index += 1) window(1_000, 10, 0.9);
    spool.takes = false;
    expect(window(1_000, 100, 0.9)).toBe(1_000);
    const { probability } = sampling;
    expect(probability).toBeLessThan(1);
    expect(probability).toBeGreaterThan(0.01);
    spool.takes = true;
    expect(sampling.probability).toBe(1);
    expect(window(1_000, 100, 0.9)).toBe(1_000);
  });

  it('keeps everything even if the rate is fixed', () => {
    const { sampling, window, spool } = createSampling({ sampleRate: 10 });
    sampling.onStateChange(BackpressureState.CRITICAL);
    expect(window(1_000, 100, 0.9)).toBeLessThan(110);
    spool.takes = true;
    expect(window(1_000, 100, 0.9)).toBe(1_000);
  });
});
