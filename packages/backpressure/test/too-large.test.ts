import { beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, resetClock, settle } from './fake-clock.ts';
import { delivered, HeldConsumer, numbers, retry, tooLarge } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

/** A consumer that takes batches only up to a limit. */
function limitedTo(
  fits: (items: readonly number[]) => boolean,
  config: Parameters<typeof lawfulController<number>>[1] = {},
) {
  const consumer = new HeldConsumer<number>();
  consumer.onFlush = (flush) =>
    void Promise.resolve().then(() => flush.answer(fits(flush.items) ? delivered : tooLarge));
  const controller = lawfulController(consumer.flush, { batchSize: 16, ...config });
  controller.start();
  return {
    consumer,
    controller,
    sizes: () => consumer.batches.map(({ length }) => length),
    metrics: () => controller.getMetrics(),
  };
}

const total = (items: readonly number[]): number => items.reduce((sum, item) => sum + item, 0);

describe('a batch that is too large for the consumer', () => {
  it('is halved until it fits, all items are delivered in order, and the size that fits is remembered', async () => {
    const { consumer, controller, sizes, metrics } = limitedTo((items) => items.length <= 5);
    for (const item of numbers(1, 16)) controller.tryPush(item);
    await settle();
    expect(sizes()).toEqual([16, 8, 4, 4, 4, 4]);
    expect(consumer.batches.slice(2).flat()).toEqual(numbers(1, 16));
    for (const item of numbers(17, 36)) controller.tryPush(item);
    await settle();
    expect(sizes().slice(6)).toEqual([4, 4, 4, 4, 4]);
    expect(metrics()).toMatchObject({ batchSize: 4, eventsFlushed: 36, eventsRetried: 24, eventsFailed: 0 });
  });

  it('is halved by bytes if they are counted, which does not limit the number of items', async () => {
    const { controller, sizes, metrics } = limitedTo((items) => total(items) <= 60, { sizeOf: (item) => item });
    for (let index = 0; index < 16; index += 1) controller.tryPush(10);
    await settle();
    expect(sizes()).toEqual([16, 8, 4, 4, 4, 4]);
    for (let index = 0; index < 16; index += 1) controller.tryPush(2);
    await settle();
    expect(sizes().slice(6)).toEqual([16]);
    expect(metrics()).toMatchObject({ batchSize: 16, eventsFlushed: 32 });
  });

  it('keeps growing batches below the size that was too large', async () => {
    const { controller, sizes } = limitedTo((items) => items.length <= 20, { maxBatchSize: 128 });
    for (const item of numbers(1, 1_000)) controller.tryPush(item);
    await advance(1_000);
    const afterwards = sizes().slice(sizes().indexOf(32) + 1);
    expect(sizes().slice(0, 3)).toEqual([16, 32, 16]);
    expect(Math.max(...afterwards)).toBeLessThanOrEqual(16);
    expect(total(afterwards)).toBe(984);
  });

  it('is tried again after ten minutes, because the limit may have been that of a bad moment', async () => {
    let most = 60;
    const { controller, sizes } = limitedTo((items) => total(items) <= most, { sizeOf: (item) => item });
    const sizesOf16 = async (): Promise<readonly number[]> => {
      const before = sizes().length;
      for (let index = 0; index < 16; index += 1) controller.tryPush(10);
      await settle();
      return sizes().slice(before);
    };
    await advance(10 * 60_000);
    expect(await sizesOf16()).toEqual([16, 8, 4, 4, 4, 4]);
    most = Infinity;
    await advance(10 * 60_000);
    expect(await sizesOf16()).toEqual([4, 4, 4, 4]);
    await advance(1);
    // The first one finds out that the time is over.
    expect(await sizesOf16()).toEqual([4]);
    for (let index = 0; index < 4; index += 1) controller.tryPush(10);
    await settle();
    expect(sizes().at(-1)).toBe(16);
  });

  it('needs no backoff, and does not count as a failure of the consumer', async () => {
    const { consumer, controller, metrics } = limitedTo((items) => items.length <= 1, {
      circuitBreaker: { failureThreshold: 1 },
    });
    for (const item of numbers(1, 16)) controller.tryPush(item);
    await settle();
    expect(consumer.last.at).toBe(0);
    expect(metrics()).toMatchObject({ circuit: 'closed', eventsFlushed: 16 });
  });

  it('keeps its order if a half fails and is sent again', async () => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, { batchSize: 8 });
    controller.start();
    for (const item of numbers(1, 10)) controller.tryPush(item);
    await settle();
    consumer.last.answer(tooLarge);
    await settle();
    expect(consumer.last.items).toEqual([1, 2, 3, 4]);
    consumer.last.answer(retry);
    await advance(100);
    expect(consumer.last.items).toEqual([1, 2, 3, 4]);
    consumer.automatic = delivered;
    consumer.last.answer();
    await advance(1_000);
    expect(consumer.batches.slice(3)).toEqual([
      [5, 6, 7, 8],
      [9, 10],
    ]);
  });

  it.each([
    ['bytes are counted', { sizeOf: (item: number) => item }],
    ['bytes are not counted', {}],
  ])('loses a single item that is too large, with its reason, and no other (%s)', async (_, config) => {
    const { controller, metrics } = limitedTo((items) => total(items) <= 100, config);
    for (const item of [10, 10, 500, 10, 10]) controller.tryPush(item);
    await advance(1_000);
    expect(metrics()).toMatchObject({ eventsFlushed: 4, eventsFailed: 1, eventsDropped: 0 });
    expect(metrics().droppedByReason).toMatchObject({ too_large: 1, rejected: 0 });
  });

  it.each([
    ['all bytes in one of them', [100, 0, 0, 0]],
    ['one byte among them', [1, 0, 0, 0]],
    ['no bytes at all', [0, 0, 0, 0]],
  ])('is not split for ever if its items have %s', async (_, items) => {
    const { consumer, controller, metrics } = limitedTo((batch) => batch.length === 1, { sizeOf: (item) => item });
    for (const item of items) controller.tryPush(item);
    await Promise.race([advance(1_000), new Promise((resolve) => setTimeout(resolve, 500))]);
    expect(metrics()).toMatchObject({ eventsFlushed: 4 });
    expect(consumer.flushes.length).toBeLessThan(10);
  });
});
