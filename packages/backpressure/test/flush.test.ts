import { beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, resetClock, settle } from './fake-clock.ts';
import { filled } from './filled-controller.ts';
import { delivered, numbers, refused, retry } from './held-consumer.ts';
import { watch } from './watched-promise.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(resetClock);

describe('flush', () => {
  it('resolves immediately if nothing is held', async () => {
    expect(await filled(0).controller.flush()).toBe(true);
  });

  it('sends a partial batch immediately, and resolves when it has settled', async () => {
    const { consumer, controller } = filled(3);
    controller.start();
    const flush = watch(controller.flush());
    await settle();
    expect(consumer.batches).toEqual([[1, 2, 3]]);
    await advance(70);
    expect(flush.at).toBeUndefined();
    consumer.last.answer();
    await settle();
    expect(flush).toEqual({ result: true, at: 70 });
  });

  it('resolves as soon as all of its items have been evicted for newer ones, though no flush settles', async () => {
    const { controller } = filled(3, { maxBufferSize: 3, batchSize: 1 });
    const flush = watch(controller.flush({ timeoutMs: 60_000 }));
    for (const item of [4, 5]) controller.tryPush(item);
    await Promise.resolve();
    expect(flush.at).toBeUndefined();
    controller.tryPush(6);
    await Promise.resolve();
    await Promise.resolve();
    expect(flush).toEqual({ result: true, at: 0 });
    controller.giveUp();
  });

  it('waits for items that are already in flight', async () => {
    const { consumer, controller } = filled(10);
    controller.start();
    await settle();
    const flush = watch(controller.flush());
    await settle();
    expect(flush.at).toBeUndefined();
    consumer.last.answer();
    await settle();
    expect(flush.result).toBe(true);
  });

  it('waits for items that were accepted before, and not for those that keep coming in', async () => {
    const { consumer, controller } = filled(15);
    controller.start();
    const flush = watch(controller.flush());
    for (const item of numbers(16, 60)) controller.tryPush(item);
    await settle();
    consumer.last.answer();
    await settle();
    expect(flush.at).toBeUndefined();
    consumer.last.answer();
    await settle();
    expect(flush.result).toBe(true);
    expect(controller.getMetrics()).toMatchObject({ eventsFlushed: 20, inFlight: 10 });
  });

  it('counts items that were rejected, evicted or given up as settled', async () => {
    const { consumer, controller } = filled(10, { maxBufferSize: 10, batchSize: 5 });
    controller.start();
    await settle();
    const flush = watch(controller.flush());
    for (const item of numbers(11, 15)) controller.tryPush(item);
    consumer.last.answer(refused);
    await settle();
    expect(flush.result).toBe(true);
  });

  it('waits for a batch that failed until it is delivered', async () => {
    const { consumer, controller } = filled(10);
    controller.start();
    const flush = watch(controller.flush());
    await settle();
    consumer.last.answer(retry);
    for (const item of numbers(11, 30)) controller.tryPush(item);
    await advance(75);
    expect(flush.at).toBeUndefined();
    consumer.last.answer();
    await settle();
    expect(flush.result).toBe(true);
  });

  it('works while stopped and before the start, and does not start the controller', async () => {
    const { consumer, controller } = filled(15);
    consumer.automatic = delivered;
    const flush = watch(controller.flush());
    await settle();
    expect(flush.result).toBe(true);
    controller.tryPush(16);
    await advance(10_000);
    expect(consumer.batches.flat()).toEqual(numbers(1, 15));
  });

  it('resolves with false at its deadline, and the controller still lets items in', async () => {
    const { controller } = filled(10);
    const flush = watch(controller.flush({ timeoutMs: 300 }));
    const byDefault = watch(controller.flush());
    await advance(20_000);
    expect(flush).toEqual({ result: false, at: 300 });
    expect(byDefault).toEqual({ result: false, at: 10_000 });
    expect(controller.tryPush(1)).toBe(true);
  });

  it('uses drainTimeoutMs as its default time', async () => {
    const { controller } = filled(10, { drainTimeoutMs: 50 });
    const flush = watch(controller.flush());
    await advance(50);
    expect(flush).toEqual({ result: false, at: 50 });
  });

  it('does not resolve early if items of a lower lane that were accepted later are evicted', async () => {
    const { consumer, controller } = filled(0, {
      maxBufferSize: 6,
      batchSize: 2,
      priorityOf: (item) => (item < 100 ? 1 : 0),
    });
    controller.start();
    for (const item of numbers(1, 4)) controller.tryPush(item);
    await settle();
    const flush = watch(controller.flush());
    for (const item of numbers(100, 110)) controller.tryPush(item);
    consumer.last.answer();
    await settle();
    expect(flush.at).toBeUndefined();
    consumer.last.answer();
    await settle();
    expect(consumer.batches.slice(0, 2).flat()).toEqual([1, 2, 3, 4]);
    expect(flush.result).toBe(true);
  });

  it('does not resolve early if newer items of a higher lane overtake', async () => {
    const { consumer, controller } = filled(0, { batchSize: 2, priorityOf: (item) => (item < 100 ? 0 : 1) });
    for (const item of numbers(1, 2)) controller.tryPush(item);
    const flush = watch(controller.flush());
    for (const item of numbers(100, 103)) controller.tryPush(item);
    for (let round = 0; round < 2; round += 1) {
      await settle();
      consumer.last.answer();
    }
    await settle();
    expect(flush.at).toBeUndefined();
    consumer.last.answer();
    await settle();
    expect(consumer.batches).toEqual([
      [100, 101],
      [102, 103],
      [1, 2],
    ]);
    expect(flush.result).toBe(true);
  });

  it('does not resolve early if items overtake a batch that is out and comes back', async () => {
    const { consumer, controller } = filled(0, { batchSize: 2, priorityOf: (item) => (item < 100 ? 0 : 1) });
    for (const item of numbers(1, 2)) controller.tryPush(item);
    const flush = watch(controller.flush());
    await settle();
    for (const item of numbers(100, 101)) controller.tryPush(item);
    consumer.last.answer(retry);
    await advance(75);
    expect(consumer.last.items).toEqual([100, 101]);
    consumer.last.answer();
    await settle();
    expect(flush.at).toBeUndefined();
    consumer.last.answer();
    await settle();
    expect(flush.result).toBe(true);
  });

  it.each(['flush', 'drain', 'close'] as const)(
    'refuses an invalid timeout, and changes nothing (%s)',
    async (method) => {
      const { controller, metrics } = filled(5);
      for (const timeoutMs of [Number.NaN, -1, '100' as never, null as never]) {
        await expect(controller[method]({ timeoutMs })).rejects.toThrow(
          new RangeError(`timeoutMs must be at least 0, got ${String(timeoutMs)}`),
        );
      }
      await expect(controller[method]({ absentAfterMs: -1 })).rejects.toThrow(
        'absentAfterMs must be at least 0, got -1',
      );
      expect(metrics()).toMatchObject({ state: 'normal', bufferSize: 5 });
      expect(controller.tryPush(6)).toBe(true);
      void controller.close({ timeoutMs: 0 });
      await advance(0);
      expect(metrics()).toMatchObject({ bufferSize: 0, eventsEvicted: 6 });
    },
  );
});
