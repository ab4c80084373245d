import { beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, resetClock, settle } from './fake-clock.ts';
import { delivered, HeldConsumer, numbers, retry, throttled, tooLarge } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';
import { watch } from './watched-promise.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
vi.mock('../src/adaptive-concurrency.ts', () => import('./fixed-concurrency.ts'));
beforeEach(resetClock);

/** Three batches of two items in flight, A, B and C, and one more queued. */
async function threeInFlight(config: Parameters<typeof lawfulController<number>>[1] = {}) {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, { batchSize: 2, maxConcurrentFlushes: 3, ...config });
  controller.start();
  for (const item of numbers(1, 8)) controller.tryPush(item);
  await settle();
  const [a, b, c] = consumer.flushes;
  if (a === undefined || b === undefined || c === undefined || consumer.flushes.length !== 3)
    throw new Error('three flushes were expected');
  return { consumer, controller, a, b, c, metrics: () => controller.getMetrics() };
}

describe('several flushes in flight', () => {
  it('carry the items in order, and there are as many as allowed', async () => {
    const { consumer, metrics } = await threeInFlight();
    expect(consumer.batches).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(metrics()).toMatchObject({ inFlight: 6, flushesInFlight: 3, bufferSize: 2 });
  });

  it.each([['abc'], ['acb'], ['bac'], ['bca'], ['cab'], ['cba']])(
    'that fail in the order %s are sent again in the order of their items',
    async (order) => {
      const subject = await threeInFlight();
      for (const name of order) {
        subject[name as 'a' | 'b' | 'c'].answer(retry);
        await settle();
      }
      await advance(100);
      expect(subject.consumer.batches.slice(3)).toEqual([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
    },
  );

  it('that fail together count as one failure, for the backoff and for the circuit breaker', async () => {
    const { a, b, c, consumer, metrics } = await threeInFlight({ circuitBreaker: { failureThreshold: 2 } });
    await advance(10);
    for (const flush of [a, b, c]) flush.answer(retry);
    await settle();
    expect(metrics().circuit).toBe('closed');
    await advance(74);
    expect(consumer.flushes).toHaveLength(3);
    await advance(1);
    expect(consumer.flushes).toHaveLength(6);
    for (const flush of consumer.open) flush.answer(retry);
    await advance(149);
    expect(consumer.flushes).toHaveLength(6);
    await advance(1);
    expect(consumer.flushes.length).toBeGreaterThan(6);
  });

  it('that fail one after another wait only from the first failure on', async () => {
    const { a, b, consumer } = await threeInFlight();
    await advance(10);
    a.answer(retry);
    await advance(40);
    b.answer(retry);
    await advance(34);
    expect(consumer.flushes).toHaveLength(3);
    await advance(1);
    expect(consumer.flushes.length).toBeGreaterThan(3);
  });

  it('are not mistaken for the probe while it is out, so the circuit stays half open', async () => {
    const { a, b, c, consumer, metrics } = await threeInFlight({ circuitBreaker: { failureThreshold: 1 } });
    a.answer(retry);
    await advance(10_000);
    expect(metrics()).toMatchObject({ circuit: 'half_open', flushesInFlight: 3 });
    b.answer(retry);
    c.answer(throttled(10));
    await settle();
    expect(metrics()).toMatchObject({ circuit: 'half_open', flushesInFlight: 1 });
    consumer.last.answer(retry);
    await settle();
    expect(metrics().circuit).toBe('open');
  });

  it('are all paused by one that was throttled, even if the others succeed', async () => {
    const { a, b, c, consumer } = await threeInFlight();
    a.answer(throttled(2_000));
    await settle();
    b.answer();
    await advance(500);
    c.answer();
    await advance(1_499);
    expect(consumer.flushes).toHaveLength(3);
    await advance(1);
    expect(consumer.batches.slice(3)).toEqual([
      [1, 2],
      [7, 8],
    ]);
  });

  it('go on immediately during a backoff if another one succeeds', async () => {
    const { a, b, consumer } = await threeInFlight();
    a.answer(retry);
    await settle();
    expect(consumer.flushes).toHaveLength(3);
    b.answer();
    await settle();
    expect(consumer.batches.slice(3)).toEqual([
      [1, 2],
      [7, 8],
    ]);
  });

  it('are not retried immediately if they fail after another one has succeeded', async () => {
    const { a, b, c, consumer } = await threeInFlight();
    await advance(10);
    a.answer(retry);
    await settle();
    b.answer();
    await settle();
    c.answer(retry);
    await advance(74);
    expect(consumer.batches.slice(3)).toEqual([
      [1, 2],
      [7, 8],
    ]);
    await advance(1);
    expect(consumer.batches.slice(5)).toEqual([[5, 6]]);
  });

  it('become one probe when the circuit opens', async () => {
    const { a, b, c, consumer, metrics } = await threeInFlight({ circuitBreaker: { failureThreshold: 1 } });
    await advance(10);
    for (const flush of [a, b, c]) flush.answer(retry);
    await advance(1_000);
    expect(metrics()).toMatchObject({ circuit: 'half_open', flushesInFlight: 1, concurrency: 1 });
    consumer.last.answer();
    await settle();
    expect(metrics()).toMatchObject({ circuit: 'closed', flushesInFlight: 3 });
  });

  it('are not mistaken for the probe, so an older one that fails late changes nothing', async () => {
    const { a, b, c, consumer, metrics } = await threeInFlight({ circuitBreaker: { failureThreshold: 1 } });
    await advance(10);
    a.answer(retry);
    await advance(1_000);
    // The circuit allows one flush in flight, and there are two.
    expect(metrics()).toMatchObject({ circuit: 'open', flushesInFlight: 2 });
    b.answer(retry);
    c.answer(retry);
    await advance(1_000);
    expect(metrics()).toMatchObject({ circuit: 'half_open', flushesInFlight: 1 });
    expect(consumer.last.items).toEqual([1, 2]);
  });

  it('are each split if too large, and all items are delivered', async () => {
    const { a, b, c, consumer, metrics } = await threeInFlight();
    consumer.automatic = delivered;
    for (const flush of [a, c, b]) flush.answer(tooLarge);
    await advance(1_000);
    expect(consumer.batches.slice(3)).toEqual(numbers(1, 8).map((item) => [item]));
    expect(metrics()).toMatchObject({ eventsFlushed: 8, batchSize: 1 });
  });

  it('may hang one by one without stopping the others', async () => {
    const { a, b, c, consumer, controller, metrics } = await threeInFlight({ flushTimeoutMs: 5_000 });
    b.answer();
    c.answer();
    consumer.automatic = delivered;
    for (const item of numbers(9, 20)) controller.tryPush(item);
    await advance(4_000);
    expect(metrics()).toMatchObject({ eventsFlushed: 18, inFlight: 2 });
    await advance(4_000);
    expect(a.signal.aborted).toBe(true);
    expect(metrics()).toMatchObject({ eventsFlushed: 20, inFlight: 0 });
  });
});

describe('drain, with several flushes in flight', () => {
  it('waits for those that may still be answered before it gives up on a consumer that asked for a pause', async () => {
    const { a, b, c, controller } = await threeInFlight();
    const drain = watch(controller.drain({ timeoutMs: 5_000 }));
    a.answer(throttled(60_000));
    await settle();
    b.answer();
    await advance(100);
    expect(drain.at).toBeUndefined();
    c.answer();
    await settle();
    expect(drain).toEqual({ result: { flushed: 4, failed: 0, remaining: 4 }, at: 100 });
  });
});

describe('flush, with several flushes in flight', () => {
  it('does not mistake the delivery of newer items for that of older ones that failed', async () => {
    const { a, b, c, consumer, controller } = await threeInFlight();
    const flush = watch(controller.flush());
    for (const item of numbers(9, 14)) controller.tryPush(item);
    b.answer();
    await settle();
    const newer = consumer.last;
    c.answer();
    await settle();
    expect(consumer.batches.slice(3)).toEqual([
      [7, 8],
      [9, 10],
    ]);
    newer.answer();
    a.answer(retry);
    await settle();
    for (const open of consumer.open) if (!open.items.includes(1)) open.answer();
    await settle();
    expect(flush.at).toBeUndefined();
    consumer.automatic = delivered;
    for (const open of consumer.open) open.answer();
    await advance(1_000);
    expect(flush.result).toBe(true);
  });

  it('does not mistake the delivery of newer items of a higher lane for that of older ones that they overtook', async () => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, {
      batchSize: 1,
      maxConcurrentFlushes: 2,
      priorityOf: (item) => item,
    });
    controller.start();
    controller.tryPush(0);
    await settle();
    const flush = watch(controller.flush());
    controller.tryPush(1);
    await settle();
    const [older, newer] = consumer.flushes;
    older?.answer(retry);
    newer?.answer(retry);
    await advance(75);
    expect(consumer.batches.slice(2)).toEqual([[1], [0]]);
    consumer.flushes[2]?.answer();
    consumer.flushes[3]?.answer(retry);
    await settle();
    expect(flush.at).toBeUndefined();
    consumer.automatic = delivered;
    await advance(1_000);
    expect(flush.result).toBe(true);
  });
});
