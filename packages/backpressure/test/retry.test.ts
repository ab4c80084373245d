import { beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, now, resetClock, settle } from './fake-clock.ts';
import { setRandom } from './fake-random.ts';
import { HeldConsumer, numbers, refused, retry, throttled, tooLarge, unreachable } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(() => {
  resetClock();
  setRandom();
});

type Config = Parameters<typeof lawfulController<number>>[1];

/** A started controller with a batch in flight. A backoff is three quarters of its wait, unless a test sets chance. */
async function flushing(config: Config = {}) {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, {
    batchSize: 10,
    circuitBreaker: { failureThreshold: Infinity },
    ...config,
  });
  controller.start();
  for (const item of numbers(1, 10)) controller.tryPush(item);
  await settle();
  /** Answers the flush in flight, and returns how long it takes until the next one. */
  const pauseAfter = async (outcome: typeof retry): Promise<number> => {
    const count = consumer.flushes.length;
    consumer.last.answer(outcome);
    await settle();
    const from = now();
    for (let passed = 0; passed < 200_000 && consumer.flushes.length === count; passed += 1) await advance(1);
    return consumer.last.at - from;
  };
  return { consumer, controller, pauseAfter };
}

/** Makes the consumer known, because one that was never reached is treated more gently. */
async function answered(config: Config = {}) {
  const subject = await flushing(config);
  subject.consumer.last.answer();
  for (const item of numbers(11, 20)) subject.controller.tryPush(item);
  await settle();
  return subject;
}

describe('a flush that failed', () => {
  it('is sent again, the same items in the same order, before anything newer', async () => {
    const { consumer, controller } = await flushing();
    for (const item of numbers(11, 15)) controller.tryPush(item);
    consumer.last.answer(retry);
    await advance(75);
    expect(consumer.batches).toEqual([numbers(1, 10), numbers(1, 10)]);
    consumer.last.fail();
    await advance(1_000);
    consumer.automatic = { kind: 'delivered' };
    consumer.last.answer();
    await advance(1_000);
    expect(consumer.batches.slice(2)).toEqual([numbers(1, 10), numbers(11, 15)]);
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 15, eventsRetried: 20, eventsFailed: 0 });
  });

  it('waits for its backoff, but not for a full batch or the interval', async () => {
    const { consumer, controller, pauseAfter } = await flushing({ minFlushIntervalMs: 5_000 });
    controller.tryPush(11);
    expect(await pauseAfter({ kind: 'delivered' })).toBe(5_000);
    expect(await pauseAfter(retry)).toBe(75);
    expect(consumer.last.items).toEqual([11]);
  });

  it('waits twice as long after each further failure, up to a second', async () => {
    const { pauseAfter } = await answered();
    const pauses: number[] = [];
    for (let failure = 0; failure < 8; failure += 1) pauses.push(await pauseAfter(retry));
    expect(pauses).toEqual([75, 150, 300, 600, 750, 750, 750, 750]);
  });

  it.each([
    [60_000, 750],
    [120_000, 1_500],
    [200_000, 2_500],
    [300_000, 3_750],
    [1_200_000, 3_750],
  ])(
    '%i ms after the first one waits for up to a sixtieth of that time, between 1 s and 5 s',
    async (outageMs, pause) => {
      const { consumer } = await answered();
      consumer.automatic = retry;
      consumer.last.answer(retry);
      await advance(outageMs);
      const [before, last] = consumer.flushes.slice(-2);
      const waited = (last?.at ?? 0) - (before?.at ?? 0);
      expect(waited).toBeGreaterThan(pause * 0.95);
      expect(waited).toBeLessThanOrEqual(pause);
    },
  );

  it('waits up to a given maxBackoffMs, from the beginning of an outage', async () => {
    const { pauseAfter } = await answered({ retry: { maxBackoffMs: 5_000 } });
    const pauses: number[] = [];
    for (let failure = 0; failure < 8; failure += 1) pauses.push(await pauseAfter(retry));
    expect(pauses).toEqual([75, 150, 300, 600, 1_200, 2_400, 3_750, 3_750]);
  });

  it.each([
    [0, 50],
    [0.5, 75],
    [0.999, 99.95],
  ])('waits half of the backoff, and a random share (%s) of the other half', async (chance, pause) => {
    setRandom(chance);
    const { pauseAfter } = await answered();
    expect(await pauseAfter(retry)).toBeCloseTo(pause);
  });

  it('obeys initialBackoffMs, multiplier and maxBackoffMs', async () => {
    const { pauseAfter } = await answered({ retry: { initialBackoffMs: 40, multiplier: 3, maxBackoffMs: 300 } });
    const pauses: number[] = [];
    for (let failure = 0; failure < 4; failure += 1) pauses.push(await pauseAfter(retry));
    expect(pauses).toEqual([30, 90, 225, 225]);
  });

  it.each([
    ['delivered', { kind: 'delivered' }],
    ['refused', refused],
  ] as const)('no longer counts for the backoff once an answer has come: %s', async (_, answer) => {
    const { consumer, controller, pauseAfter } = await answered();
    for (let failure = 0; failure < 2; failure += 1) await pauseAfter(retry);
    for (const item of numbers(1, 10)) controller.tryPush(item);
    expect(await pauseAfter(answer)).toBe(0);
    expect(consumer.open).toHaveLength(1);
    expect(await pauseAfter(retry)).toBe(75);
  });

  it('is not sent again while the backoff lasts, however many items are pushed', async () => {
    const { consumer, controller } = await flushing();
    consumer.last.answer(retry);
    await settle();
    for (const item of numbers(11, 500)) controller.tryPush(item);
    await advance(74);
    expect(consumer.flushes).toHaveLength(1);
  });

  it('has no limit to its attempts', async () => {
    const { consumer, controller } = await flushing();
    consumer.automatic = retry;
    consumer.last.answer(retry);
    await advance(3_600_000);
    expect(controller.getMetrics()).toMatchObject({ bufferSize: 10, eventsFailed: 0, eventsDropped: 0 });
    expect(consumer.flushes.length).toBeGreaterThan(900);
  });
});

describe('a throttling answer', () => {
  it('pauses every flush for retryAfterMs, to the millisecond', async () => {
    const { pauseAfter } = await flushing();
    expect(await pauseAfter(throttled(2_000))).toBe(2_000);
    expect(await pauseAfter(throttled(300))).toBe(300);
  });

  it('is not shortened by a drain', async () => {
    const { consumer, controller } = await flushing();
    consumer.last.answer(throttled(5_000));
    await settle();
    void controller.drain();
    await advance(4_999);
    expect(consumer.flushes).toHaveLength(1);
    await advance(1);
    expect(consumer.flushes).toHaveLength(2);
  });

  it('without a time makes a pause of one backoff', async () => {
    const { pauseAfter } = await flushing();
    expect(await pauseAfter(throttled())).toBe(75);
    expect(await pauseAfter(throttled())).toBe(150);
  });

  it.each([0, -5, Number.NaN, Infinity])(
    'with an invalid time of %s makes a pause of a growing backoff, and the next valid time is obeyed',
    async (retryAfterMs) => {
      const { pauseAfter } = await flushing();
      expect(await pauseAfter(throttled(retryAfterMs))).toBe(75);
      expect(await pauseAfter(throttled(retryAfterMs))).toBe(150);
      expect(await pauseAfter(throttled(2_000))).toBe(2_000);
    },
  );

  it('does not open the circuit', async () => {
    const { controller, consumer } = await flushing({ circuitBreaker: { failureThreshold: 1 } });
    consumer.automatic = throttled(10);
    consumer.last.answer(throttled(10));
    await advance(1_000);
    expect(controller.getMetrics()).toMatchObject({ circuit: 'closed', bufferSize: 10 });
  });
});

describe('before the first answer ever', () => {
  it.each([undefined, { maxBackoffMs: 60_000 }])(
    'an unreachable consumer is tried less often after the first minute, with retry %o',
    async (given) => {
      const { consumer, pauseAfter } = await flushing(given && { retry: given });
      for (let failure = 0; failure < 10; failure += 1) await pauseAfter(unreachable);
      consumer.automatic = unreachable;
      consumer.last.answer(unreachable);
      await advance(3_600_000);
      expect(consumer.flushes.filter(({ at }) => at > 3_000_000).length).toBeCloseTo(600 / 3.75, -1);
    },
  );

  it('an unreachable consumer is tried at least every second at first, and the circuit stays closed', async () => {
    const { pauseAfter, controller } = await flushing({ circuitBreaker: { failureThreshold: 3 } });
    setRandom(0.999);
    const pauses: number[] = [];
    for (let failure = 0; failure < 20; failure += 1) pauses.push(await pauseAfter(unreachable));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(1_000);
    expect(pauses.at(-1)).toBeGreaterThan(900);
    expect(controller.getMetrics()).toMatchObject({ circuit: 'closed', bufferSize: 0, inFlight: 10 });
  });

  it('a reachable consumer that fails opens the circuit', async () => {
    const { pauseAfter, controller } = await flushing({ circuitBreaker: { failureThreshold: 3 } });
    for (let failure = 0; failure < 2; failure += 1) await pauseAfter(retry);
    expect(controller.getMetrics().circuit).toBe('closed');
    await pauseAfter(retry);
    expect(controller.getMetrics().circuit).toBe('half_open');
  });

  it('no longer applies after the first answer: a consumer that is gone opens the circuit, and is tried as rarely as maxBackoffMs allows', async () => {
    const { pauseAfter, controller } = await answered({
      circuitBreaker: { failureThreshold: 3 },
      retry: { maxBackoffMs: 5_000 },
    });
    const pauses: number[] = [];
    for (let failure = 0; failure < 8; failure += 1) pauses.push(await pauseAfter(unreachable));
    expect(controller.getMetrics().circuit).toBe('half_open');
    expect(pauses.at(-1)).toBe(3_750);
  });
});

describe('before the first answer ever, a throttling answer', () => {
  it('counts as an answer: a consumer that is gone after it opens the circuit', async () => {
    const { pauseAfter, controller } = await flushing({ circuitBreaker: { failureThreshold: 3 } });
    await pauseAfter(throttled(10));
    for (let failure = 0; failure < 3; failure += 1) await pauseAfter(unreachable);
    expect(controller.getMetrics().circuit).toBe('half_open');
  });
});

describe('the circuit breaker', () => {
  const open = async (config: Config = {}, failure = retry) => {
    const subject = await answered({ circuitBreaker: { failureThreshold: 3 }, maxConcurrentFlushes: 8, ...config });
    for (let failures = 0; failures < 2; failures += 1) await subject.pauseAfter(failure);
    subject.consumer.last.answer(failure);
    await settle();
    return subject;
  };

  it('opens after the number of failures in a row', async () => {
    const { controller } = await open();
    expect(controller.getMetrics()).toMatchObject({ circuit: 'open', concurrency: 1 });
  });

  it('counts failures in a row, and an answer in between resets the count', async () => {
    const { controller, consumer, pauseAfter } = await answered({ circuitBreaker: { failureThreshold: 3 } });
    for (let round = 0; round < 5; round += 1) {
      await pauseAfter(retry);
      await pauseAfter(retry);
      for (const item of numbers(1, 10)) controller.tryPush(item);
      await pauseAfter(refused);
    }
    expect(consumer.open).toHaveLength(1);
    expect(controller.getMetrics().circuit).toBe('closed');
  });

  it('lets one probe with a few items through, and never stops everything', async () => {
    const { controller, consumer } = await open();
    for (const item of numbers(100, 200)) controller.tryPush(item);
    await advance(1_500);
    expect(consumer.open).toHaveLength(1);
    expect(controller.getMetrics()).toMatchObject({ circuit: 'half_open', flushesInFlight: 1, inFlight: 4 });
  });

  it('sends another probe 1.5 s after one that is not answered, and so on, until a few of them hang', async () => {
    const { controller, consumer } = await open({ maxConcurrentFlushes: 32 });
    for (const item of numbers(100, 400)) controller.tryPush(item);
    await advance(1_800);
    expect(consumer.open).toHaveLength(2);
    await advance(7_500);
    expect(consumer.open).toHaveLength(7);
    await advance(9_000);
    expect(consumer.open).toHaveLength(9);
    expect(controller.getMetrics().circuit).toBe('half_open');
  });

  it('opens again when the probe fails, with longer pauses', async () => {
    const { controller, pauseAfter, consumer } = await open();
    await advance(300);
    expect(controller.getMetrics().circuit).toBe('half_open');
    expect(await pauseAfter(retry)).toBe(600);
    expect(await pauseAfter(throttled())).toBe(750);
    expect(consumer.open).toHaveLength(1);
    consumer.last.answer(retry);
    await settle();
    expect(controller.getMetrics().circuit).toBe('open');
  });

  it('stays open when the probe is throttled, and the next flush is a probe again', async () => {
    const { controller, consumer, pauseAfter } = await open();
    await advance(300);
    consumer.last.answer(throttled(5_000));
    await settle();
    expect(controller.getMetrics().circuit).toBe('open');
    await advance(5_000);
    expect(controller.getMetrics().circuit).toBe('half_open');
    await pauseAfter(retry);
    expect(controller.getMetrics()).toMatchObject({ circuit: 'half_open', flushesInFlight: 1 });
  });

  it.each([
    ['delivered', { kind: 'delivered' }],
    ['refused', refused],
    ['too large', tooLarge],
  ] as const)('closes when the probe is answered: %s', async (_, answer) => {
    const { controller, consumer } = await open({}, unreachable);
    await advance(300);
    consumer.last.answer(answer);
    await settle();
    // Slow start begins at the same limit as the first time.
    expect(controller.getMetrics()).toMatchObject({ circuit: 'closed', concurrency: 4 });
  });

  it('is not closed by a batch too large to be sent, because the consumer has not answered', async () => {
    const { controller, consumer } = await open({}, unreachable);
    await advance(300);
    consumer.last.answer({ kind: 'too_large', error: new Error('above the limit'), unsent: true });
    await settle();
    expect(consumer.last.items).toEqual(numbers(11, 12));
    expect(controller.getMetrics().circuit).toBe('half_open');
  });
});
