import { beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, resetClock, settle, startTimer } from './fake-clock.ts';
import { delivered, HeldConsumer, numbers, refused, retry, throttled, tooLarge, unreachable } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

type Config = Parameters<typeof lawfulController<number>>[1];

/** A quick consumer, and a controller whose batches grow from 10 to 20, and may be gathered up to 200. */
function gathering(config: Config = {}) {
  const consumer = new HeldConsumer<number>();
  consumer.automatic = delivered;
  const controller = lawfulController(consumer.flush, {
    batchSize: 10,
    maxBatchSize: 20,
    gatheredBatchSize: 200,
    minFlushIntervalMs: 100,
    ...config,
  });
  controller.start();
  /** Pushes that many items every 50 ms. @returns the sizes of the batches that left in that time */
  const load = async (items: number, millis: number): Promise<readonly number[]> => {
    const before = consumer.batches.length;
    for (let passed = 0; passed < millis; passed += 50) {
      for (const item of numbers(1, items)) controller.tryPush(item);
      await advance(50);
    }
    return consumer.batches.slice(before).map(({ length }) => length);
  };
  return { consumer, controller, load, metrics: () => controller.getMetrics() };
}

describe('a batch is gathered', () => {
  it('for 400 ms, if at least a batch of items comes in during that time', async () => {
    const { load, metrics } = gathering();
    await load(10, 400);
    expect(await load(10, 4_000)).toEqual(Array(10).fill(80));
    expect(metrics()).toMatchObject({ batchSize: 200, flushIntervalMs: 400 });
  });

  it('up to the allowed size, at which it leaves immediately', async () => {
    const { load } = gathering();
    await load(50, 400);
    expect(await load(50, 4_000)).toEqual(Array(20).fill(200));
  });

  it('no longer than the longest interval', async () => {
    const { load } = gathering({ maxFlushIntervalMs: 200 });
    await load(10, 400);
    expect(new Set(await load(10, 2_000))).toEqual(new Set([40]));
  });

  it('if exactly a batch of items comes in every 400 ms', async () => {
    const { load } = gathering({ batchSize: 8 });
    await load(10, 400);
    expect((await load(1, 2_000)).slice(1)).toEqual(Array(4).fill(8));
  });

  it('if more than a batch of items comes in every 400 ms, and waits only as long as usual if less does', async () => {
    const { controller, consumer, load, metrics } = gathering();
    await load(10, 400);
    expect((await load(2, 2_000)).slice(1)).toEqual(Array(4).fill(16));
    expect((await load(1, 2_000)).slice(-8)).toEqual(Array(8).fill(2));
    expect(metrics()).toMatchObject({ batchSize: 20, flushIntervalMs: 100 });
    const { length } = consumer.batches;
    controller.tryPush(1);
    await advance(99);
    expect(consumer.batches).toHaveLength(length);
    await advance(1);
    expect(consumer.batches).toHaveLength(length + 1);
  });

  it.each([
    ['yes, in half of it', 250, 130],
    ['not, in more than that', 251, 20],
  ])('only if the consumer answers within half of the target latency: %s', async (_, latencyMs, size) => {
    const { consumer, load } = gathering({ targetLatencyMs: 500 });
    consumer.automatic = undefined;
    consumer.onFlush = (flush) => void startTimer(() => flush.answer(), latencyMs);
    await load(10, 2_000);
    expect(new Set(await load(10, 2_000))).toEqual(new Set([size]));
  });

  it('only while nothing is in flight, so at most one flush is large', async () => {
    const { consumer, load, metrics } = gathering({ maxConcurrentFlushes: 8 });
    await load(10, 400);
    consumer.automatic = undefined;
    expect(await load(10, 1_000)).toEqual([80, 20, 20, 20]);
    expect(metrics().batchSize).toBe(20);
  });

  it.each([
    ['items', { maxBufferSize: 400 }],
    ['bytes', { sizeOf: () => 1, maxBufferBytes: 400 }],
  ])('up to an eighth of the bound on %s, because more would look like pressure', async (_, config) => {
    const { load } = gathering(config);
    await load(10, 400);
    expect(new Set(await load(10, 2_000))).toEqual(new Set([50]));
  });

  it.each([
    ['items', { maxBufferSize: 60 }],
    ['bytes', { sizeOf: () => 1, maxBufferBytes: 60 }],
  ])(
    'only if an eighth of the bound on %s is more than a usual batch, because otherwise it would only fill the buffer',
    async (_, config) => {
      const onStateChange = vi.fn<() => void>();
      const { load, metrics } = gathering({ minFlushIntervalMs: 50, onStateChange, ...config });
      await load(18, 1_000);
      expect(new Set(await load(18, 2_000))).toEqual(new Set([18]));
      expect(metrics()).toMatchObject({ batchSize: 20, flushIntervalMs: 50 });
      expect(onStateChange).not.toHaveBeenCalled();
    },
  );

  it('up to a quarter of a low watermark that is lower than usual', async () => {
    const onStateChange = vi.fn<() => void>();
    const { load } = gathering({ maxBufferSize: 1_000, lowWatermark: 0.12, onStateChange });
    await load(10, 400);
    expect(new Set(await load(10, 2_000))).toEqual(new Set([30]));
    expect(onStateChange).not.toHaveBeenCalled();
  });

  it('but not from a backlog: items that come in all at once leave in batches of the usual size', async () => {
    const { consumer, controller, load } = gathering({ maxBufferSize: 400, maxConcurrentFlushes: 8 });
    await load(10, 1_000);
    const { length } = consumer.batches;
    for (const item of numbers(1, 380)) controller.tryPush(item);
    await settle();
    expect(Math.max(...consumer.batches.slice(length).map((batch) => batch.length))).toBe(20);
  });

  it('until a flush call waits for it', async () => {
    const { consumer, controller, load } = gathering();
    await load(10, 400);
    await load(10, 50);
    void controller.flush();
    await settle();
    expect(controller.getMetrics()).toMatchObject({ bufferSize: 0, inFlight: 0 });
    expect(consumer.batches.at(-1)?.length).toBeLessThan(80);
  });

  it('only if that is configured', async () => {
    const { load, metrics } = gathering({ gatheredBatchSize: 20 });
    await load(10, 400);
    expect(new Set(await load(10, 2_000))).toEqual(new Set([20]));
    expect(metrics().flushIntervalMs).toBe(100);
  });
});

describe('a gathered batch that fails', () => {
  it.each([
    ['must be retried', retry],
    ['finds no consumer', unreachable],
    ['is throttled', throttled(1)],
    ['is rejected', refused],
  ])('because it %s is the last one for ten minutes', async (_, outcome) => {
    const { consumer, load } = gathering();
    await load(10, 400);
    consumer.automatic = outcome;
    await load(10, 400);
    consumer.automatic = delivered;
    await load(10, 10_000);
    expect(Math.max(...(await load(10, 580_000)))).toBe(20);
    await load(10, 30_000);
    expect(new Set(await load(10, 2_000))).toEqual(new Set([80]));
  });

  it('before it was large makes the next batch no larger than usual', async () => {
    const { consumer, controller, load } = gathering();
    await load(10, 400);
    void controller.flush();
    await settle();
    consumer.automatic = undefined;
    const push = async (items: number): Promise<void> => {
      for (const item of numbers(1, items)) controller.tryPush(item);
      await settle();
    };
    await push(15);
    void controller.flush();
    await settle();
    expect(consumer.last.items).toHaveLength(15);
    consumer.last.answer(throttled(100));
    await push(80);
    await advance(100);
    expect(consumer.open.map(({ items }) => items.length)).toEqual([10]);
  });

  it.each([
    ['all of it', 80],
    ['one item', 1],
  ])('because %s was rejected is the last one for ten minutes', async (_, rejected) => {
    const { consumer, load } = gathering();
    await load(10, 400);
    consumer.automatic = { kind: 'delivered', rejected };
    expect(Math.max(...(await load(10, 400)))).toBe(80);
    consumer.automatic = delivered;
    await load(10, 10_000);
    expect(Math.max(...(await load(10, 20_000)))).toBe(20);
  });

  it('is not tried if a batch of the usual size was too large', async () => {
    const { consumer, controller, load } = gathering();
    consumer.automatic = undefined;
    consumer.onFlush = (flush) => flush.answer(flush.items.length > 10 ? tooLarge : delivered);
    for (const item of numbers(1, 40)) controller.tryPush(item);
    await settle();
    expect(consumer.batches.map(({ length }) => length)).toEqual([10, 20, 10, 10, 10]);
    expect(Math.max(...(await load(10, 20_000)))).toBe(10);
  });

  it('is not blamed if a batch of the usual size fails as well', async () => {
    const { consumer, load } = gathering();
    consumer.automatic = retry;
    await load(10, 400);
    consumer.automatic = delivered;
    await load(10, 10_000);
    expect(new Set(await load(10, 2_000))).toEqual(new Set([80]));
  });
});
