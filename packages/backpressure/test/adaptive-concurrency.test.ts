import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../sampling/test/seeded-random.ts';
import { AdaptiveConcurrency } from '../src/adaptive-concurrency.ts';
import {
  evenJitter,
  limitedConsumer,
  lognormalJitter,
  simulate,
  unlimitedConsumer,
  type SimulatedConsumer,
} from './simulated-consumer.ts';

const MAX = 64;
const BATCH = 512;
const SEEDS = [1, 2, 3, 4, 5];
const fresh = () => new AdaptiveConcurrency({ max: MAX });
const steady = () => (value: number) => value;

/** The limit after each of that many rounds of flushes at the limit, all with the same latency. */
const growth = (concurrency: AdaptiveConcurrency, rounds: number, latency: number): number[] =>
  Array.from({ length: rounds }, () => {
    const { limit } = concurrency;
    const tickets = Array.from({ length: limit }, (_, index) => concurrency.onStart(index + 1, 0));
    for (const ticket of tickets) concurrency.onSuccess(ticket, latency);
    return concurrency.limit;
  });

describe('a consumer that answers any number of requests', () => {
  const jitters = [
    { name: 'no jitter', of: steady, backlog: 40_000 },
    { name: 'jitter of +-20 %', of: (seed: number) => evenJitter(0.2, seed), backlog: 60_000 },
    { name: 'lognormal jitter', of: (seed: number) => lognormalJitter(0.3, seed), backlog: 80_000 },
  ];

  it.each(jitters)(
    'receives 10 000 items/s at a latency of 1 s, with a limit that starts at 1 ($name)',
    ({ of, backlog }) => {
      for (const seed of SEEDS) {
        const jitter = of(seed);
        const run = simulate({
          concurrency: fresh(),
          consumer: unlimitedConsumer(() => jitter(1_000)),
          itemsPerSecond: 10_000,
          seconds: 60,
        });
        expect(run.maxBacklog(0, 60_000)).toBeLessThan(backlog);
        // The 10 000 items that are in flight anyway, and half as many more.
        expect(run.maxBacklog(30_000, 60_000)).toBeLessThan(15_000);
        expect(run.itemsPerSecond(20_000, 60_000)).toBeGreaterThan(9_900);
        expect(run.maxLimit).toBeLessThanOrEqual(MAX);
      }
    },
  );

  it.each(jitters)('gets no more requests at once than the demand needs at a latency of 200 ms ($name)', ({ of }) => {
    for (const seed of SEEDS) {
      const jitter = of(seed);
      const run = simulate({
        concurrency: fresh(),
        consumer: unlimitedConsumer(() => jitter(200)),
        itemsPerSecond: 10_000,
        seconds: 60,
      });
      expect(run.maxBacklog(0, 60_000)).toBeLessThan(10_000);
      expect(run.maxLimit).toBeLessThanOrEqual(16);
    }
  });

  it.each(jitters)('leaves the limit unchanged if one flush at a time is enough ($name)', ({ of }) => {
    const jitter = of(1);
    const run = simulate({
      concurrency: fresh(),
      consumer: unlimitedConsumer(() => jitter(5)),
      itemsPerSecond: 10_000,
      seconds: 60,
    });
    expect(run.maxLimit).toBeLessThanOrEqual(2);
    expect(run.maxBacklog(0, 60_000)).toBeLessThan(3 * BATCH);
  });

  it('doubles the limit each round trip at the start', () => {
    const run = simulate({
      concurrency: fresh(),
      consumer: unlimitedConsumer(() => 1_000),
      itemsPerSecond: Infinity,
      seconds: 7,
    });
    expect(run.limits.map(({ at, limit }) => [at, limit])).toEqual([
      [0, 1],
      [1_000, 2],
      [2_000, 4],
      [3_000, 8],
      [4_000, 16],
      [5_000, 32],
      [6_000, 64],
    ]);
  });

  it('keeps up with batches of very different sizes', () => {
    for (const seed of SEEDS) {
      const random = seededRandom(seed);
      const run = simulate({
        concurrency: fresh(),
        consumer: unlimitedConsumer(({ items }) => 100 + 2 * items),
        itemsPerSecond: 10_000,
        seconds: 60,
        batchItems: () => 1 + Math.floor(random() * BATCH),
      });
      expect(run.maxBacklog(0, 60_000)).toBeLessThan(60_000);
      expect(run.maxBacklog(30_000, 60_000)).toBeLessThan(20_000);
    }
  });
});

describe('a consumer that serves few requests at a time', () => {
  const services: { name: string; millis: number; service: (items: number) => number }[] = [
    { name: '5 ms', millis: 5, service: () => 5 },
    { name: '50 ms', millis: 50, service: () => 50 },
    { name: '500 ms', millis: 500, service: () => 500 },
    { name: '0.1 ms an item', millis: 0.1 * BATCH, service: (items) => 0.1 * items },
  ];
  const settled = (concurrency: number, { millis, service }: (typeof services)[number], jitter = steady()) => {
    const [from, to] = [100 * millis, 1_000 * millis];
    const run = simulate({
      concurrency: fresh(),
      consumer: limitedConsumer(concurrency, ({ items }) => jitter(service(items))),
      itemsPerSecond: Infinity,
      seconds: to / 1_000,
    });
    const capacity = (concurrency * BATCH * 1_000) / millis;
    return {
      median: run.medianInFlight(from, to),
      most: run.maxInFlight(from, to),
      use: run.itemsPerSecond(from, to) / capacity,
    };
  };

  it.each(services)('has at most 4 requests in flight if it serves 2, and is never idle ($name)', (service) => {
    const { median, most, use } = settled(2, service);
    expect(median).toBeLessThanOrEqual(3);
    expect(most).toBeLessThanOrEqual(4);
    expect(use).toBeGreaterThan(0.98);
  });

  it('has at most 4 requests in flight if it serves 2 in times that vary by 10 %', () => {
    for (const seed of SEEDS) {
      const { most, use } = settled(2, services[1]!, evenJitter(0.1, seed));
      expect(most).toBeLessThanOrEqual(4);
      expect(use).toBeGreaterThan(0.95);
    }
  });

  it.each(services)('has at most 3 requests in flight if it serves 1 ($name)', (service) => {
    const { median, most, use } = settled(1, service);
    expect(median).toBeLessThanOrEqual(2);
    expect(most).toBeLessThanOrEqual(3);
    expect(use).toBeGreaterThan(0.98);
  });

  it.each(services)('has at most 12 requests in flight if it serves 8 ($name)', (service) => {
    const { most, use } = settled(8, service);
    expect(most).toBeLessThanOrEqual(12);
    expect(use).toBeGreaterThan(0.95);
  });

  it('is fully used behind a network that is as slow as the consumer itself', () => {
    const run = simulate({
      concurrency: fresh(),
      consumer: limitedConsumer(2, () => 50, 50),
      itemsPerSecond: Infinity,
      seconds: 60,
    });
    expect(run.itemsPerSecond(10_000, 60_000)).toBeGreaterThan(0.95 * 2 * 20 * BATCH);
    expect(run.maxInFlight(10_000, 60_000)).toBeLessThanOrEqual(6);
  });

  it('is not flooded when batches differ in size', () => {
    for (const seed of SEEDS) {
      const random = seededRandom(seed);
      const run = simulate({
        concurrency: fresh(),
        consumer: limitedConsumer(2, ({ items }) => 5 + 0.1 * items),
        itemsPerSecond: Infinity,
        seconds: 60,
        batchItems: () => 1 + Math.floor(random() * BATCH),
      });
      const capacity = (2 * 1_000 * 256.5) / (5 + 25.65);
      expect(run.medianInFlight(10_000, 60_000)).toBeLessThanOrEqual(6);
      expect(run.itemsPerSecond(10_000, 60_000)).toBeGreaterThan(0.95 * capacity);
    }
  });

  it('is fully used soon after it begins to serve 8 requests instead of 2', () => {
    const [before, after] = [limitedConsumer(2, () => 50), limitedConsumer(8, () => 50)];
    const run = simulate({
      concurrency: fresh(),
      consumer: (request) => (request.at < 20_000 ? before : after)(request),
      itemsPerSecond: Infinity,
      seconds: 40,
    });
    expect(run.itemsPerSecond(24_000, 40_000)).toBeGreaterThan(0.95 * 8 * 20 * BATCH);
  });

  it('is relieved soon after it begins to serve 2 requests instead of 8', () => {
    const [before, after] = [limitedConsumer(8, () => 50), limitedConsumer(2, () => 50)];
    const run = simulate({
      concurrency: fresh(),
      consumer: (request) => (request.at < 20_000 ? before : after)(request),
      itemsPerSecond: Infinity,
      seconds: 60,
    });
    expect(run.maxInFlight(45_000, 60_000)).toBeLessThanOrEqual(4);
  });
});

describe('a consumer whose latency changes', () => {
  const slowBetween = (from: number, to: number, millis: number, seed: number): SimulatedConsumer => {
    const jitter = evenJitter(0.2, seed);
    return unlimitedConsumer(({ at }) => jitter(at >= from && at < to ? 5 * millis : millis));
  };

  it.each([20, 200, 1_000])('keeps its throughput after 10 s of five times its latency of %i ms', (millis) => {
    for (const seed of SEEDS) {
      const run = simulate({
        concurrency: fresh(),
        consumer: slowBetween(20_000, 30_000, millis, seed),
        itemsPerSecond: 10_000,
        seconds: 60,
      });
      expect(run.minLimit(20_000, 60_000)).toBeGreaterThan(1);
      // At most 10 s of demand had to wait. 10 s later, only the items that are in flight anyway are left.
      expect(run.maxBacklog(20_000, 60_000)).toBeLessThan(100_000);
      expect(run.maxBacklog(40_000, 60_000)).toBeLessThan(10 * millis + 4_000);
    }
  });

  it('does not count as congested for good if it stays slower', () => {
    for (const seed of SEEDS) {
      const run = simulate({
        concurrency: fresh(),
        consumer: slowBetween(20_000, Infinity, 200, seed),
        itemsPerSecond: 10_000,
        seconds: 60,
      });
      expect(run.maxBacklog(45_000, 60_000)).toBeLessThan(15_000);
    }
  });
});

describe('a flush that fails under pressure', () => {
  /** The limit after it has grown to 16, with 16 flushes in flight. */
  const grown = () => {
    const concurrency = new AdaptiveConcurrency({ max: MAX, initial: 16 });
    const tickets = Array.from({ length: 16 }, (_, index) => concurrency.onStart(index + 1, 0));
    return { concurrency, tickets };
  };

  it.each([
    { kind: 'throttled', limit: 11 },
    { kind: 'failure', limit: 11 },
    { kind: 'timeout', limit: 8 },
  ] as const)('of kind $kind takes the limit from 16 to $limit immediately', ({ kind, limit }) => {
    const { concurrency, tickets } = grown();
    concurrency.onPressure(kind, tickets[0]!);
    expect(concurrency.limit).toBe(limit);
  });

  it('reduces the limit once for a round, however many of its flushes fail', () => {
    const { concurrency, tickets } = grown();
    for (const ticket of tickets) concurrency.onPressure('throttled', ticket);
    expect(concurrency.limit).toBe(11);
  });

  it('reduces the limit again if it was started after the last reduction', () => {
    const { concurrency, tickets } = grown();
    concurrency.onPressure('throttled', tickets[0]!);
    const later = concurrency.onStart(11, 1);
    concurrency.onPressure('throttled', later);
    expect(concurrency.limit).toBe(7);
  });

  it('is followed by a recovery within seconds', () => {
    const run = simulate({
      concurrency: fresh(),
      consumer: ({ at }) => ({ at: at + 200, pressure: at > 10_000 && at < 12_000 ? 'throttled' : undefined }),
      itemsPerSecond: 10_000,
      seconds: 30,
    });
    expect(run.minLimit(10_000, 13_000)).toBe(1);
    expect(run.refused).toBeLessThan(40);
    expect(run.maxBacklog(17_000, 30_000)).toBeLessThan(3_000);
  });

  it('is followed by growth that becomes faster', () => {
    const concurrency = new AdaptiveConcurrency({ max: MAX, initial: 2 });
    concurrency.onPressure('throttled', concurrency.onStart(1, 0));
    expect(growth(concurrency, 9, 100)).toEqual([2, 3, 4, 5, 7, 10, 15, 22, 33]);
  });

  it('keeps the limit near the number of requests from which the consumer refuses them', () => {
    const run = simulate({
      concurrency: fresh(),
      consumer: ({ at, inFlight }) => (inFlight > 10 ? { at: at + 2, pressure: 'throttled' } : { at: at + 200 }),
      itemsPerSecond: Infinity,
      seconds: 60,
    });
    expect(run.maxInFlight(10_000, 60_000)).toBeLessThanOrEqual(12);
    expect(run.itemsPerSecond(10_000, 60_000)).toBeGreaterThan(0.75 * 10 * 5 * BATCH);
    expect(run.refused).toBeLessThan(200);
  });
});

describe('an outage', () => {
  it('is followed by a new slow start', () => {
    const concurrency = fresh();
    simulate({ concurrency, consumer: unlimitedConsumer(() => 100), itemsPerSecond: Infinity, seconds: 2 });
    expect(concurrency.limit).toBe(MAX);
    concurrency.onOutageOver();
    expect(concurrency.limit).toBe(1);
    // The consumer is ten times as slow as before, and this is not held against it.
    const run = simulate({
      concurrency,
      consumer: unlimitedConsumer(() => 1_000),
      itemsPerSecond: Infinity,
      seconds: 4.5,
      startAt: 60_000,
    });
    expect(run.limits.map(({ limit }) => limit)).toEqual([1, 2, 4, 8, 16]);
  });

  it('makes all results from before it count for nothing', () => {
    const concurrency = new AdaptiveConcurrency({ max: MAX });
    const before = concurrency.onStart(1, 0);
    concurrency.onOutageOver();
    concurrency.onSuccess(before, 10);
    concurrency.onPressure('timeout', before);
    expect(concurrency.limit).toBe(1);
    expect(growth(concurrency, 4, 10)).toEqual([2, 4, 8, 16]);
  });

  it('makes the latency from before it count for nothing', () => {
    const concurrency = new AdaptiveConcurrency({ max: MAX, initial: 4 });
    expect(growth(concurrency, 2, 10)).toEqual([8, 16]);
    concurrency.onOutageOver();
    expect(growth(concurrency, 2, 1_000)).toEqual([8, 16]);
  });
});

describe('the limit', () => {
  it('grows from 1 whatever the latency is, because a single flush waits for no other', () => {
    const concurrency = new AdaptiveConcurrency({ max: MAX, initial: 2 });
    expect(growth(concurrency, 1, 10)).toEqual([4]);
    concurrency.onPressure('timeout', concurrency.onStart(4, 0));
    concurrency.onPressure('timeout', concurrency.onStart(2, 0));
    expect(concurrency.limit).toBe(1);
    expect(growth(concurrency, 3, 1_000)).toEqual([2, 3, 4]);
  });

  it('does not grow if it was not reached', () => {
    const concurrency = new AdaptiveConcurrency({ max: MAX, initial: 4 });
    for (let time = 0; time < 1_000; time += 10) concurrency.onSuccess(concurrency.onStart(3, time), time + 5);
    expect(concurrency.limit).toBe(4);
  });

  it('is judged by whole rounds at the limit, and not by results from before it was reached', () => {
    const concurrency = new AdaptiveConcurrency({ max: MAX, initial: 4 });
    for (let time = 0; time < 20; time += 1) concurrency.onSuccess(concurrency.onStart(3, time), time + 5);
    const tickets = [1, 2, 3, 4].map((inFlight) => concurrency.onStart(inFlight, 100));
    const limits = tickets.map((ticket) => {
      concurrency.onSuccess(ticket, 105);
      return concurrency.limit;
    });
    expect(limits).toEqual([4, 4, 4, 8]);
  });

  it('still notices a queue if the very first answers were slow because connections had to be made', () => {
    const concurrency = new AdaptiveConcurrency({ max: MAX, initial: 4 });
    expect(growth(concurrency, 2, 1_000)).toEqual([8, 16]);
    expect(growth(concurrency, 1, 100)).toEqual([32]);
    expect(growth(concurrency, 1, 300)[0]).toBeLessThan(32);
  });

  it.each([
    ['is ten times as slow: that is another consumer, and worth a slow start', 100, [8, 12, 24]],
    ['is twice as slow: that is the same consumer', 20, [8, 12, 13]],
  ])('grows again if a lower limit does not help because the consumer %s', (_, latency, limits) => {
    const concurrency = new AdaptiveConcurrency({ max: MAX, initial: 16 });
    expect(growth(concurrency, 1, 10)).toEqual([32]);
    concurrency.onPressure('timeout', concurrency.onStart(32, 0));
    concurrency.onPressure('throttled', concurrency.onStart(16, 0));
    expect(growth(concurrency, 1, 10)).toEqual([12]);
    expect(growth(concurrency, 3, latency)).toEqual(limits);
  });

  it('stays a whole number from 1 to the maximum, whatever results are reported', () => {
    const random = seededRandom(7);
    const times = [0, -5_000, 1e15, Number.NaN, Infinity, -Infinity, 0.1];
    for (const max of [1, 2, 5, MAX]) {
      const concurrency = new AdaptiveConcurrency({ max });
      const tickets = [concurrency.onStart(1, 0)];
      let now = 0;
      for (let step = 0; step < 20_000; step += 1) {
        now += random() * 100;
        const time = random() < 0.05 ? times[Math.floor(random() * times.length)]! : now;
        const ticket = tickets[Math.floor(random() * tickets.length)]!;
        const choice = random();
        if (choice < 0.5) tickets.push(concurrency.onStart(1 + Math.floor(random() * max), time));
        else if (choice < 0.95) concurrency.onSuccess(ticket, time);
        else if (choice < 0.999) concurrency.onPressure(random() < 0.5 ? 'timeout' : 'throttled', ticket);
        else concurrency.onOutageOver();
        if (tickets.length > max) tickets.shift();
        expect(Number.isInteger(concurrency.limit) && concurrency.limit >= 1 && concurrency.limit <= max).toBe(true);
      }
    }
  });

  it('grows after the clock was set back, and with answers that take no time', () => {
    const concurrency = fresh();
    concurrency.onSuccess(concurrency.onStart(1, 1_000), 0);
    expect(concurrency.limit).toBe(1);
    for (let round = 0; round < 100; round += 1) concurrency.onSuccess(concurrency.onStart(concurrency.limit, 0), 0);
    expect(concurrency.limit).toBe(MAX);
  });

  it('never exceeds its maximum, even if the initial value is above it', () => {
    expect(new AdaptiveConcurrency({ max: 3, initial: 10 }).limit).toBe(3);
  });
});
