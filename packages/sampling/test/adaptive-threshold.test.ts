import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_ADAPTIVE_THRESHOLD_OPTIONS,
  formatThreshold,
  KEEP_ALL,
  AdaptiveThreshold,
  type AdaptiveThresholdOptions,
  type LoadWindow,
} from '@spillway/sampling';
import { seededNormal, traceNoise } from './seeded-random.ts';
import { simulate, type SimulatedWindow } from './simulated-load.ts';

/** Items that the consumer takes in a window. */
const CAPACITY = 1_000;
const SEEDS = [1, 2, 3, 4, 5];
/** The sampler may take this many windows to settle, and to keep all items again. */
const TEN = 10;

/** The load is below capacity, ten times the capacity from window 5, and below it again from window 60. */
const STEP_AT = 5;
const OVER_AT = 60;
const stepping = (window: number): number => (window >= STEP_AT && window < OVER_AT ? 10 * CAPACITY : 0.8 * CAPACITY);
const steppingLoad = { windows: 100, arriving: stepping, capacity: () => CAPACITY };

const between = (run: readonly SimulatedWindow[], from: number, to = run.length): readonly SimulatedWindow[] =>
  run.slice(from, to);
const lostOf = (run: readonly SimulatedWindow[]): number => run.reduce((sum, { lost }) => sum + lost, 0);
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** How often a series changes direction between up and down. */
const turnsOf = (values: readonly number[]): number => {
  const directions = values
    .map((value, index) => Math.sign(value - (values[index - 1] ?? value)))
    .filter((direction) => direction !== 0);
  return directions.filter((direction, index) => index > 0 && direction !== directions[index - 1]).length;
};

describe('a load that can be sent', () => {
  it('is kept completely at any utilization below the low watermark', () => {
    const run = simulate({
      windows: 50,
      arriving: (window) => 100 * (window % 11),
      capacity: () => CAPACITY,
      queue: 20_000,
      pressure: () => 0.49,
    });
    expect(run.every(({ threshold }) => threshold === KEEP_ALL)).toBe(true);
  });

  it('is kept completely while a queue absorbs a burst below the low watermark', () => {
    const run = simulate({
      windows: 20,
      arriving: (window) => (window === 5 ? 10 * CAPACITY : 500),
      capacity: () => CAPACITY,
      queue: 20_000,
    });
    expect(Math.max(...run.map(({ utilization }) => utilization))).toBeGreaterThan(0.4);
    expect(run.every(({ threshold }) => threshold === KEEP_ALL)).toBe(true);
  });
});

describe('ten times the load', () => {
  // The depth of a queue is in windows of the capacity. Each depth runs without noise and with the noise of whole
  // traces.
  const queues = [20, 30, 100, 400].flatMap((depth) => [
    { depth, noisy: 'no noise', noises: [undefined] },
    { depth, noisy: 'noise', noises: SEEDS.map((seed) => traceNoise(seed)) },
  ]);

  it.each(queues)(
    'does not overflow a queue $depth windows deep, and the kept items can be sent ($noisy)',
    ({ depth, noises }) => {
      for (const noise of noises) {
        const run = simulate({ ...steppingLoad, queue: depth * CAPACITY, ...(noise && { noise }) });
        expect(lostOf(run)).toBe(0);
        const first = run.findIndex(({ utilization }) => utilization >= 0.5);
        if (first === -1) continue; // The queue is deep enough to take all items.
        const settled = between(run, first + TEN, OVER_AT);
        expect(meanOf(settled.map(({ kept }) => kept))).toBeLessThanOrEqual(1.02 * CAPACITY);
        expect(meanOf(settled.map(({ kept }) => kept))).toBeGreaterThan(0.85 * CAPACITY);
      }
    },
  );

  it.each(queues)(
    'is met by a threshold that settles within ten windows and then stays ($depth windows deep, $noisy)',
    ({ depth, noises }) => {
      for (const noise of noises) {
        const run = simulate({ ...steppingLoad, queue: depth * CAPACITY, ...(noise && { noise }) });
        const first = run.findIndex(({ utilization }) => utilization >= 0.5);
        if (first === -1) continue;
        const settled = between(run, first + TEN, OVER_AT).map(({ probability }) => probability);
        // The threshold of 0.9 moves by at most a fiftieth to either side, and without noise never changes direction.
        expect(Math.max(...settled) - Math.min(...settled)).toBeLessThan(0.04);
        expect(turnsOf(settled)).toBeLessThanOrEqual(noise === undefined ? 0 : Infinity);
      }
    },
  );

  it.each(queues)(
    'leaves no threshold ten windows after it has ended ($depth windows deep, $noisy)',
    ({ depth, noises }) => {
      for (const noise of noises) {
        const run = simulate({ ...steppingLoad, queue: depth * CAPACITY, ...(noise && { noise }) });
        // While the queue drains, noise can lower the probability for a window.
        const after = between(run, OVER_AT + TEN).map(({ probability }) => probability);
        expect(noise === undefined ? Math.min(...after) : meanOf(after)).toBeGreaterThan(
          noise === undefined ? 0.999 : 0.98,
        );
      }
    },
  );

  it('is met in the same way whatever the length of a window', () => {
    const probabilities = (seconds: number): number[] =>
      simulate({ ...steppingLoad, exempt: () => 0.3 * CAPACITY, queue: 30_000, seconds }).map(
        ({ probability }) => probability,
      );
    expect(probabilities(0.125)).toEqual(probabilities(1));
  });

  it('is met after one window, without averaging over the windows before it', () => {
    const adaptive = new AdaptiveThreshold();
    const quiet: LoadWindow = { seconds: 1, arrived: 800, exempt: 0, kept: 800, sent: 800, queued: 0, utilization: 0 };
    for (let window = 0; window < 5; window += 1) adaptive.onWindow(quiet);
    adaptive.onWindow({
      seconds: 1,
      arrived: 10_000,
      exempt: 0,
      kept: 10_000,
      sent: 1_000,
      queued: 9_000,
      utilization: 0.5,
    });
    // 0.1 is 6553.6 of 65536. It is rounded down to 6553, which rounds the threshold up.
    expect(formatThreshold(adaptive.threshold)).toBe('e667');
  });

  it('is not inferred from a queue that was already half full when the windows began', () => {
    const adaptive = new AdaptiveThreshold();
    adaptive.onWindow({
      seconds: 1,
      arrived: 1_100,
      exempt: 0,
      kept: 1_100,
      sent: 1_000,
      queued: 10_000,
      utilization: 0.5,
    });
    expect(adaptive.probability).toBeCloseTo(1 / 1.1, 3);
  });

  it('can come back any number of times without a loss', () => {
    const arriving = (window: number): number => (window % 24 < 12 ? 10 * CAPACITY : 0.5 * CAPACITY);
    const run = simulate({ windows: 240, arriving, capacity: () => CAPACITY, queue: 30_000, noise: traceNoise(1) });
    expect(lostOf(run)).toBe(0);
  });
});

describe('the share of the capacity that is used', () => {
  /** Ten times the capacity, and a queue that is too deep to be filled by it. */
  const tenfold: LoadWindow = {
    seconds: 1,
    arrived: 10_000,
    exempt: 0,
    kept: 10_000,
    sent: 1_000,
    queued: 1_000_000,
    utilization: 0.5,
  };

  it.each([
    [0.5, 1],
    [0.65, 1],
    [0.725, 0.95],
    [0.8, 0.9],
    [0.9, 0.45],
  ])('falls so that the queue drains: at a utilization of %d it is %d', (utilization, share) => {
    const adaptive = new AdaptiveThreshold();
    // Some of these probabilities are below the lowest one that a single window can reach.
    for (let window = 0; window < 2; window += 1)
      adaptive.onWindow({ ...tenfold, kept: adaptive.probability * 10_000, utilization });
    expect(adaptive.probability).toBeCloseTo(share / 10, 3);
  });

  it('rises below the low watermark, so that more items are tried: halfway to 0 it is 1.5', () => {
    const adaptive = new AdaptiveThreshold();
    adaptive.onWindow(tenfold);
    expect(adaptive.probability).toBeCloseTo(0.1, 3);
    adaptive.onWindow({ ...tenfold, kept: 1_000, utilization: 0.25 });
    // One window makes seven tenths of a rise, on a logarithmic scale.
    expect(adaptive.probability).toBeCloseTo(0.1 * 1.5 ** 0.7, 3);
  });

  it('is a share of the room in the queue if no item was ever sent, however slowly the queue fills', () => {
    const adaptive = new AdaptiveThreshold();
    adaptive.onWindow({ seconds: 1, arrived: 10, exempt: 0, kept: 10, sent: 0, queued: 9_000, utilization: 0.9 });
    expect(adaptive.probability).toBeCloseTo(0.45, 3);
  });
});

describe('a load a little above the capacity', () => {
  it('does not make the probability swing between everything and little', () => {
    const run = simulate({ windows: 300, arriving: () => 1.1 * CAPACITY, capacity: () => CAPACITY, queue: 20_000 });
    expect(lostOf(run)).toBe(0);
    expect(Math.min(...run.map(({ probability }) => probability))).toBeGreaterThan(0.8);
    expect(turnsOf(between(run, 150).map(({ probability }) => probability))).toBe(0);
  });
});

describe('the capacity', () => {
  it('may fall to a third, and the threshold follows', () => {
    const capacity = (window: number): number => (window < 30 ? CAPACITY : CAPACITY / 3);
    for (const seed of SEEDS) {
      const run = simulate({
        windows: 60,
        arriving: () => 10 * CAPACITY,
        capacity,
        queue: 30_000,
        noise: traceNoise(seed),
      });
      expect(lostOf(run)).toBe(0);
      expect(meanOf(between(run, 40).map(({ kept }) => kept))).toBeLessThan((1.05 * CAPACITY) / 3);
    }
  });

  it('may grow, and the sampler finds that out', () => {
    const capacity = (window: number): number => (window < 30 ? CAPACITY : 3 * CAPACITY);
    for (const seed of SEEDS) {
      const run = simulate({
        windows: 80,
        arriving: () => 10 * CAPACITY,
        capacity,
        queue: 30_000,
        noise: traceNoise(seed),
      });
      expect(meanOf(between(run, 60).map(({ kept }) => kept))).toBeGreaterThan(2.5 * CAPACITY);
    }
  });

  it('may be used in few large batches', () => {
    const capacity = (window: number): number => (window % 4 === 0 ? 4 * CAPACITY : 0);
    for (const seed of SEEDS) {
      const run = simulate({
        windows: 80,
        arriving: () => 10 * CAPACITY,
        capacity,
        queue: 60_000,
        noise: traceNoise(seed),
      });
      expect(lostOf(run)).toBe(0);
      const settled = between(run, 20).map(({ probability }) => probability);
      expect(Math.max(...settled) - Math.min(...settled)).toBeLessThan(0.04);
      expect(meanOf(settled)).toBeGreaterThan(0.085);
    }
  });

  it('is measured when a new load begins, not taken from the best time ever', () => {
    // The consumer was fast hours ago; now it takes a tenth.
    const capacity = (window: number): number => (window < 20 ? 10 * CAPACITY : CAPACITY);
    const arriving = (window: number): number => (window < 20 ? 9 * CAPACITY : 3 * CAPACITY);
    const run = simulate({ windows: 60, arriving, capacity, queue: 20_000 });
    const first = run.findIndex(({ utilization }) => utilization >= 0.5);
    expect((run[first + 1] as SimulatedWindow).kept).toBeLessThan(1.05 * CAPACITY);
  });
});

describe('an outage', () => {
  const outage = (window: number): number => (window >= 5 && window < 45 ? 0 : 1.5 * CAPACITY);
  const run = simulate({ windows: 80, arriving: () => CAPACITY, capacity: outage, queue: 20_000 });

  it('changes nothing while there is room, and then lowers the probability a little at a time', () => {
    const during = between(run, 5, 45);
    // The lowest probability before this much of the queue was full.
    const lowest = (full: number): number =>
      Math.min(...during.filter(({ utilization }) => utilization < full).map(({ probability }) => probability));
    expect([lowest(0.5), lowest(0.75)]).toEqual([1, 1]);
    expect(lowest(0.9)).toBeGreaterThan(0.5);
    expect(lowest(0.98)).toBeGreaterThan(0.1);
  });

  it('causes no loss, however long it is', () => {
    expect(lostOf(run)).toBe(0);
    const forever = simulate({
      windows: 500,
      arriving: () => CAPACITY,
      capacity: (window) => (window < 5 ? CAPACITY : 0),
      queue: 20_000,
    });
    // In the end the queue is full, and only the items that the least probability lets through are lost.
    expect(lostOf(forever)).toBeLessThan((500 * CAPACITY) / 65_536);
  });

  it('leaves no threshold ten windows after it has ended', () => {
    expect(between(run, 45 + TEN).every(({ threshold }) => threshold === KEEP_ALL)).toBe(true);
  });

  it('does not overflow a queue that fills fast, even if nothing is known about the consumer', () => {
    const dead = simulate({ windows: 20, arriving: () => 0.3 * 20_000, capacity: () => 0, queue: 20_000 });
    expect(lostOf(dead)).toBe(0);
  });

  it('makes the next window leave half of the room if it is like the last one, exempt items included', () => {
    const adaptive = new AdaptiveThreshold();
    adaptive.onWindow({
      seconds: 1,
      arrived: 3_000,
      exempt: 2_000,
      kept: 1_000,
      sent: 0,
      queued: 6_000,
      utilization: 0.6,
    });
    // There was room for 4 000, and 3 000 arrived.
    expect(adaptive.probability).toBeCloseTo(4_000 / 2 / 3_000, 3);
  });

  it('causes no loss even if it lasts from the very first window', () => {
    const dead = simulate({ windows: 200, arriving: () => CAPACITY, capacity: () => 0, queue: 20_000 });
    expect(lostOf(dead)).toBeLessThan((200 * CAPACITY) / 65_536);
    expect(dead.filter(({ utilization }) => utilization < 0.6).every(({ probability }) => probability === 1)).toBe(
      true,
    );
    expect(dead.at(-1)?.utilization).toBeGreaterThan(0.99);
  });
});

describe('exempt items', () => {
  it('leave the remaining capacity to the other items', () => {
    for (const seed of SEEDS) {
      const run = simulate({
        windows: 80,
        arriving: () => 10 * CAPACITY,
        exempt: () => 0.6 * CAPACITY,
        capacity: () => CAPACITY,
        queue: 40_000,
        noise: traceNoise(seed),
      });
      expect(lostOf(run)).toBe(0);
      expect(run.some(({ exemptExceedsCapacity }) => exemptExceedsCapacity)).toBe(false);
      const settled = between(run, 30);
      expect(meanOf(settled.map(({ kept, exempt }) => kept + exempt))).toBeLessThanOrEqual(1.02 * CAPACITY);
      expect(meanOf(settled.map(({ kept }) => kept))).toBeGreaterThan(0.25 * CAPACITY);
    }
  });

  it('are counted separately, so that the other items get exactly the remaining capacity', () => {
    const run = simulate({
      windows: 80,
      arriving: () => 2 * CAPACITY,
      exempt: () => 0.6 * CAPACITY,
      capacity: () => CAPACITY,
      queue: 20_000,
    });
    expect(lostOf(run)).toBe(0);
    const settled = between(run, 40);
    expect(Math.max(...settled.map(({ kept, exempt }) => kept + exempt))).toBeLessThanOrEqual(CAPACITY);
    expect(Math.min(...settled.map(({ utilization }) => utilization))).toBeGreaterThan(0.49);
    expect(Math.max(...settled.map(({ utilization }) => utilization))).toBeLessThan(0.8);
    // 0.4 of 1.4
    expect(meanOf(settled.map(({ probability }) => probability))).toBeCloseTo(0.28, 1.3);
  });

  it('are reported while they alone exceed the capacity', () => {
    const exempt = (window: number): number => (window < 30 ? 1.5 * CAPACITY : 0.1 * CAPACITY);
    const run = simulate({
      windows: 60,
      arriving: (window) => (window < 30 ? 10 * CAPACITY : 500),
      exempt,
      capacity: () => CAPACITY,
      queue: 20_000,
    });
    expect(between(run, 5, 30).every(({ exemptExceedsCapacity }) => exemptExceedsCapacity)).toBe(true);
    expect(run[29]?.probability).toBe(1 / 65_536);
    expect(between(run, 31).some(({ exemptExceedsCapacity }) => exemptExceedsCapacity)).toBe(false);
    expect(run.at(-1)?.threshold).toBe(KEEP_ALL);
  });

  it('are not reported while all items are kept', () => {
    const adaptive = new AdaptiveThreshold();
    expect(adaptive.exemptExceedsCapacity).toBe(false);
    adaptive.onWindow({ seconds: 1, arrived: 500, exempt: 500, kept: 0, sent: 10, queued: 490, utilization: 0.1 });
    expect(adaptive.exemptExceedsCapacity).toBe(false);
  });

  it('are no longer reported once all items are kept again', () => {
    const adaptive = new AdaptiveThreshold();
    adaptive.onWindow({
      seconds: 1,
      arrived: 10_000,
      exempt: 0,
      kept: 10_000,
      sent: 1_000,
      queued: 9_000,
      utilization: 0.6,
    });
    const exemptOnly: LoadWindow = {
      seconds: 1,
      arrived: 1_200,
      exempt: 1_200,
      kept: 0,
      sent: 1_000,
      queued: 200,
      utilization: 0.05,
    };
    adaptive.onWindow(exemptOnly);
    expect(adaptive.exemptExceedsCapacity).toBe(true);
    for (let window = 0; window < TEN; window += 1) adaptive.onWindow(exemptOnly);
    expect([adaptive.threshold, adaptive.exemptExceedsCapacity]).toEqual([KEEP_ALL, false]);
  });
});

describe('a load that was already sampled', () => {
  it('to a tenth by others is sampled to a tenth of that', () => {
    for (const seed of SEEDS) {
      const run = simulate({ ...steppingLoad, incomingProbability: () => 0.1, queue: 60_000, noise: traceNoise(seed) });
      expect(lostOf(run)).toBe(0);
      const settled = between(run, 30, OVER_AT);
      expect(meanOf(settled.map(({ probability }) => probability))).toBeCloseTo(0.01, 2);
      expect(meanOf(settled.map(({ kept }) => kept))).toBeLessThan(1.08 * CAPACITY);
      expect(meanOf(settled.map(({ kept }) => kept))).toBeGreaterThan(0.8 * CAPACITY);
      expect(Math.max(...settled.map(({ utilization }) => utilization))).toBeLessThan(0.95);
      expect(Math.min(...between(run, OVER_AT + TEN).map(({ kept, arrived }) => kept / arrived))).toBe(1);
    }
  });

  it('by this threshold, so that the other items never arrive, is no reason to keep more', () => {
    for (const seed of SEEDS) {
      const run = simulate({ ...steppingLoad, stoppedBefore: true, queue: 30_000, noise: traceNoise(seed) });
      expect(lostOf(run)).toBe(0);
      const settled = between(run, STEP_AT + 20, OVER_AT).map(({ probability }) => probability);
      expect(meanOf(settled)).toBeCloseTo(0.1, 1.5);
      expect(Math.max(...settled) - Math.min(...settled)).toBeLessThan(0.05);
      expect(meanOf(between(run, OVER_AT + TEN).map(({ probability }) => probability))).toBeGreaterThan(0.98);
    }
  });
});

describe('pressure from elsewhere than the queue', () => {
  it('lowers the probability according to its strength, and no further', () => {
    const pressure = (window: number): number => (window >= 5 && window < 60 ? 0.9 : 0);
    // It is known from before that more could be sent, but that is no reason to keep more.
    const arriving = (window: number): number => (window < 3 ? 4_000 : 500);
    const run = simulate({ windows: 80, arriving, capacity: () => 5 * CAPACITY, queue: 20_000, pressure });
    expect(between(run, 10, 60).every(({ probability }) => Math.abs(probability - 0.45) < 0.001)).toBe(true);
    expect(between(run, 60 + TEN).every(({ threshold }) => threshold === KEEP_ALL)).toBe(true);
  });

  it('changes nothing between the low watermark and the middle if the arriving items can be sent', () => {
    const run = simulate({
      windows: 50,
      arriving: () => 500,
      capacity: () => CAPACITY,
      queue: 20_000,
      pressure: () => 0.6,
    });
    expect(run.every(({ threshold }) => threshold === KEEP_ALL)).toBe(true);
  });
});

describe('the threshold', () => {
  const count = fc.oneof(fc.constant(0), fc.nat({ max: 20 }), fc.nat({ max: 1_000_000 }));
  const anyWindow: fc.Arbitrary<LoadWindow> = fc.record({
    seconds: fc.double({ min: 1e-3, max: 100, noNaN: true }),
    arrived: count,
    exempt: count,
    kept: count,
    sent: count,
    queued: count,
    utilization: fc.oneof(fc.double({ min: 0, max: 2, noNaN: true }), fc.constantFrom(0, 0.5, 0.65, 0.8, 1, Infinity)),
  });

  it('has at most four digits and moves within bounds, whatever the windows are', () => {
    fc.assert(
      fc.property(
        fc.array(anyWindow, { maxLength: 60 }),
        fc.constantFrom(1 / 65_536, 0.001, 0.3),
        (windows, minProbability) => {
          const adaptive = new AdaptiveThreshold({ minProbability });
          for (const window of windows) {
            const before = adaptive.probability * 65_536;
            adaptive.onWindow(window);
            const after = adaptive.probability * 65_536;
            expect(formatThreshold(adaptive.threshold)).toMatch(/^[0-9a-f]{1,4}$/);
            expect(adaptive.probability).toBeGreaterThanOrEqual(minProbability);
            expect(adaptive.threshold === KEEP_ALL).toBe(adaptive.probability === 1);
            // Rounding adds a step to one side.
            expect(after).toBeLessThanOrEqual(4 * (before + 1));
            expect(after).toBeGreaterThanOrEqual(Math.floor(before / 16));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is back at KEEP_ALL ten quiet windows after the worst load', () => {
    const adaptive = new AdaptiveThreshold();
    const worst: LoadWindow = { seconds: 1, arrived: 1e9, exempt: 0, kept: 1e9, sent: 1, queued: 1e9, utilization: 1 };
    for (let window = 0; window < 50; window += 1) adaptive.onWindow(worst);
    expect(formatThreshold(adaptive.threshold)).toBe('ffff');
    for (let window = 0; window < TEN; window += 1)
      adaptive.onWindow({ seconds: 1, arrived: 1, exempt: 0, kept: 1, sent: 1, queued: 0, utilization: 0 });
    expect(adaptive.threshold).toBe(KEEP_ALL);
  });

  it('ignores noise of a tenth', () => {
    const normal = seededNormal(1);
    const noise = (expected: number): number => Math.max(0, expected * (1 + 0.03 * normal()));
    const run = simulate({ ...steppingLoad, queue: 60_000, noise });
    const settled = between(run, 30, OVER_AT).map(({ probability }) => probability);
    expect(new Set(settled).size).toBeLessThan(10);
  });

  const usable: LoadWindow = {
    seconds: 1,
    arrived: 10_000,
    exempt: 0,
    kept: 10_000,
    sent: 1_000,
    queued: 15_000,
    utilization: 0.75,
  };
  it.each<[keyof LoadWindow, number]>([
    ['seconds', 0],
    ['seconds', -1],
    ['seconds', Number.NaN],
    ['seconds', Infinity],
    ['arrived', Number.NaN],
    ['arrived', -1],
    ['exempt', Number.NaN],
    ['exempt', -1],
    ['kept', Number.NaN],
    ['kept', Infinity],
    ['sent', Number.NaN],
    ['sent', -1],
    ['queued', Number.NaN],
    ['queued', -1],
    ['utilization', Number.NaN],
    ['utilization', -0.1],
  ])('does not change after a window whose %s is %d', (field, value) => {
    const adaptive = new AdaptiveThreshold();
    adaptive.onWindow({ ...usable, [field]: value });
    expect(adaptive.threshold).toBe(KEEP_ALL);
    adaptive.onWindow(usable);
    expect(adaptive.probability).toBeLessThan(0.1);
    const { probability } = adaptive;
    adaptive.onWindow({ ...usable, [field]: value });
    expect(adaptive.probability).toBe(probability);
  });
});

describe('the options', () => {
  const first = (options: AdaptiveThresholdOptions, utilization: number): number => {
    const adaptive = new AdaptiveThreshold(options);
    const window = { seconds: 1, arrived: 10_000, exempt: 0, kept: 10_000, sent: 2_000, queued: 10_000 };
    adaptive.onWindow({ ...window, utilization: 0.15 });
    adaptive.onWindow({ ...window, utilization });
    return adaptive.probability;
  };

  it('have exported defaults', () => {
    expect(DEFAULT_ADAPTIVE_THRESHOLD_OPTIONS).toEqual({
      lowWatermark: 0.5,
      highWatermark: 0.8,
      minProbability: 1 / 65_536,
    });
  });

  it('set the utilization at which sampling begins', () => {
    expect([first({}, 0.49), first({}, 0.5)].map((share) => share < 1)).toEqual([false, true]);
    expect([first({ lowWatermark: 0.2 }, 0.19), first({ lowWatermark: 0.2 }, 0.2)].map((share) => share < 1)).toEqual([
      false,
      true,
    ]);
  });

  it('set the utilization from which the queue is drained fast', () => {
    expect(first({ highWatermark: 1 }, 0.75)).toBeCloseTo(0.2, 2);
    expect(first({ highWatermark: 0.6 }, 0.75)).toBeLessThan(0.15);
    // The queue is full, so the probability falls as steeply as allowed.
    expect(first({ highWatermark: 1 }, 1)).toBeCloseTo(1 / 16, 3);
  });

  it('set the smallest probability', () => {
    for (const minProbability of [0.5, 0.001]) {
      const adaptive = new AdaptiveThreshold({ minProbability });
      for (let window = 0; window < 20; window += 1) {
        adaptive.onWindow({ seconds: 1, arrived: 1e9, exempt: 0, kept: 1e6, sent: 1, queued: 1e9, utilization: 1 });
      }
      expect(adaptive.probability).toBeGreaterThanOrEqual(minProbability);
      expect(adaptive.probability).toBeLessThan(minProbability + 1 / 65_536);
    }
  });

  it('let the default of one watermark give way to the other one if that was given', () => {
    expect([first({ lowWatermark: 0.9 }, 0.89), first({ lowWatermark: 0.9 }, 0.9)].map((share) => share < 1)).toEqual([
      false,
      true,
    ]);
    expect([first({ highWatermark: 0.3 }, 0.29), first({ highWatermark: 0.3 }, 0.3)].map((share) => share < 1)).toEqual(
      [false, true],
    );
  });

  it.each([
    [{ lowWatermark: -0.1 }, 'lowWatermark must be between 0 and 1, got -0.1'],
    [{ lowWatermark: 1.1 }, 'lowWatermark must be between 0 and 1, got 1.1'],
    [{ lowWatermark: Number.NaN }, 'lowWatermark must be between 0 and 1, got NaN'],
    [{ highWatermark: 1.1 }, 'highWatermark must be between 0 and 1, got 1.1'],
    [{ highWatermark: Number.NaN }, 'highWatermark must be between 0 and 1, got NaN'],
    [{ lowWatermark: 0.8, highWatermark: 0.7 }, 'lowWatermark (0.8) must not be above highWatermark (0.7)'],
    [{ minProbability: 0 }, `minProbability must be between ${1 / 65_536} and 1, got 0`],
    [{ minProbability: 1 / 65_537 }, `minProbability must be between ${1 / 65_536} and 1, got ${1 / 65_537}`],
    [{ minProbability: 1.1 }, `minProbability must be between ${1 / 65_536} and 1, got 1.1`],
    [{ minProbability: Number.NaN }, `minProbability must be between ${1 / 65_536} and 1, got NaN`],
  ])('%o are refused', (options, message) => {
    expect(() => new AdaptiveThreshold(options)).toThrow(new RangeError(message));
  });

  it('are refused if they are not numbers', () => {
    expect(() => new AdaptiveThreshold({ lowWatermark: '0.5' as unknown as number })).toThrow(
      new TypeError('lowWatermark must be a number, got string 0.5'),
    );
  });
});
