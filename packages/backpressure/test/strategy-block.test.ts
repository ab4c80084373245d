import { beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, resetClock, runningTimers, settle } from './fake-clock.ts';
import { HeldConsumer, numbers, retry } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';
import { watch } from './watched-promise.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

function blocking(config: Parameters<typeof lawfulController<number>>[1] = {}) {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, {
    strategy: 'block',
    maxBufferSize: 4,
    batchSize: 2,
    maxBlockTimeMs: 1_000,
    ...config,
  });
  controller.start();
  /** In the order in which the promises settle. */
  const settled: string[] = [];
  const push = (item: number): void => {
    void controller.push(item).then((accepted) => settled.push(`${item} ${accepted ? 'in' : 'out'}`));
  };
  return { consumer, controller, push, settled };
}

describe('strategy block', () => {
  it('lets items in immediately while there is room', async () => {
    const { controller } = blocking();
    expect(await Promise.all(numbers(1, 4).map((item) => controller.push(item)))).toEqual([true, true, true, true]);
  });

  it('makes push wait for room, and serves waiting producers in order of arrival', async () => {
    const { consumer, push, settled } = blocking();
    for (const item of numbers(1, 7)) push(item);
    await settle();
    expect(settled).toEqual(['1 in', '2 in', '3 in', '4 in']);
    consumer.last.answer();
    await settle();
    expect(settled.slice(4)).toEqual(['5 in', '6 in']);
    consumer.last.answer();
    await settle();
    expect(settled.slice(6)).toEqual(['7 in']);
    consumer.automatic = { kind: 'delivered' };
    consumer.last.answer();
    await advance(100);
    expect(consumer.batches.flat()).toEqual(numbers(1, 7));
  });

  it('serves waiting producers at the moment when room is released, without polling', async () => {
    const { consumer, push, settled } = blocking();
    for (const item of numbers(1, 5)) push(item);
    await settle();
    await advance(33);
    consumer.last.answer();
    await settle();
    expect(settled).toContain('5 in');
  });

  it('gives the room to the producer that has waited longest, even if another one comes at that very moment', async () => {
    const { consumer, controller, push, settled } = blocking({
      onFlush: () => {
        expect(controller.tryPush(98)).toBe(false);
        push(99);
      },
    });
    for (const item of numbers(1, 6)) push(item);
    await settle();
    consumer.last.answer();
    await settle();
    expect(settled.slice(4)).toEqual(['5 in', '6 in']);
    expect(controller.getMetrics().droppedByReason).toMatchObject({ queue_full: 1, block_timeout: 0 });
  });

  it('refuses tryPush, which cannot wait, if there is no room', async () => {
    const { controller } = blocking();
    expect(numbers(1, 5).map((item) => controller.tryPush(item))).toEqual([true, true, true, true, false]);
    expect(controller.getMetrics().droppedByReason.queue_full).toBe(1);
  });

  it('refuses tryPush while producers wait for room', async () => {
    const { controller, push } = blocking({ maxBufferBytes: 10, sizeOf: (item) => item });
    controller.tryPush(9);
    push(5);
    expect(controller.tryPush(1)).toBe(false);
    expect(controller.getMetrics().droppedByReason.queue_full).toBe(1);
  });

  it('refuses a producer that has waited maxBlockTimeMs, to the millisecond, and counts its item', async () => {
    const { controller, push, settled } = blocking();
    for (const item of numbers(1, 5)) push(item);
    await advance(500);
    push(6);
    await advance(499);
    expect(settled).toHaveLength(4);
    await advance(1);
    expect(settled.slice(4)).toEqual(['5 out']);
    await advance(499);
    expect(settled).toHaveLength(5);
    await advance(1);
    expect(settled.slice(5)).toEqual(['6 out']);
    expect(controller.getMetrics().droppedByReason.block_timeout).toBe(2);
  });

  it('does not wait if maxBlockTimeMs is 0', async () => {
    const { push, settled } = blocking({ maxBlockTimeMs: 0 });
    for (const item of numbers(1, 5)) push(item);
    await advance(0);
    expect(settled.slice(4)).toEqual(['5 out']);
  });

  it('does not store an item whose producer was refused', async () => {
    const { consumer, push } = blocking();
    for (const item of numbers(1, 5)) push(item);
    await advance(1_000);
    push(6);
    consumer.automatic = { kind: 'delivered' };
    consumer.last.answer();
    await advance(1_000);
    expect(consumer.batches.flat()).toEqual([1, 2, 3, 4, 6]);
  });

  it('gives the next producer in line the room that was too small for one that gave up', async () => {
    const { push, settled } = blocking({ maxBufferBytes: 10, sizeOf: (item) => item });
    push(8);
    push(7);
    await advance(500);
    push(2);
    await advance(500);
    expect(settled).toEqual(['8 in', '7 out', '2 in']);
  });

  it('does not let producers wait in vain for room that a retry does not release', async () => {
    const { consumer, push, settled, controller } = blocking();
    for (const item of numbers(1, 5)) push(item);
    await settle();
    consumer.last.answer(retry);
    await settle();
    expect(settled).toHaveLength(4);
    expect(controller.getMetrics()).toMatchObject({ bufferSize: 4, eventsRetried: 2 });
  });

  it('refuses an item that waited and can never fit, and serves the next one', async () => {
    const { consumer, push, settled, controller } = blocking({ maxBatchBytes: 100, sizeOf: (item) => item });
    for (const item of [1, 2, 3, 4, 500, 5]) push(item);
    await settle();
    consumer.last.answer();
    await settle();
    expect(settled.slice(4)).toEqual(['500 out', '5 in']);
    expect(controller.getMetrics().droppedByReason.too_large).toBe(1);
  });

  it('forgets the items of producers that were refused, however long the consumer is gone', async () => {
    const consumer = new HeldConsumer<object>();
    const controller = lawfulController(consumer.flush, { strategy: 'block', maxBufferSize: 1, maxBlockTimeMs: 10 });
    controller.start();
    controller.tryPush({});
    const gone = numbers(1, 5).map(() => {
      const item = {};
      void controller.push(item);
      return new WeakRef(item);
    });
    await advance(10);
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await settle();
      (runInNewContext('gc') as () => void)();
    }
    expect(gone.filter((reference) => reference.deref() !== undefined)).toHaveLength(0);
  });

  it('leaves no timer behind for producers that were served', async () => {
    const { consumer, push, controller } = blocking();
    for (const item of numbers(1, 6)) push(item);
    consumer.automatic = { kind: 'delivered' };
    await advance(200);
    controller.stop();
    expect(runningTimers()).toBe(0);
  });
});

describe('ready', () => {
  it.each(['block', 'drop_oldest', 'drop_newest', 'sample'] as const)(
    'resolves when room is released, and immediately while there is some (%s)',
    async (strategy) => {
      const { consumer, controller } = blocking({ strategy, sampleRate: 1 });
      await controller.ready();
      for (const item of numbers(1, 4)) controller.tryPush(item);
      const ready = watch(controller.ready());
      await advance(500);
      expect(ready.at).toBeUndefined();
      consumer.last.answer();
      await settle();
      expect(ready.at).toBeDefined();
    },
  );

  it('lets producers that wait in push go first', async () => {
    const { consumer, controller, push } = blocking({ batchSize: 1, maxBufferSize: 1 });
    push(1);
    push(2);
    const ready = watch(controller.ready());
    await settle();
    consumer.last.answer();
    await settle();
    expect(ready.at).toBeUndefined();
    consumer.last.answer();
    await settle();
    expect(ready.at).toBeDefined();
  });

  it('also waits for bytes', async () => {
    const { consumer, controller } = blocking({ batchSize: 1, maxBufferBytes: 10, sizeOf: (item) => item });
    controller.tryPush(10);
    const ready = watch(controller.ready());
    await settle();
    expect(ready.at).toBeUndefined();
    consumer.last.answer();
    await settle();
    expect(ready.at).toBeDefined();
  });

  it('resolves immediately while the controller closes, because nothing is let in any more', async () => {
    const { controller } = blocking();
    for (const item of numbers(1, 4)) controller.tryPush(item);
    void controller.close({ timeoutMs: 1_000 });
    const ready = watch(controller.ready());
    await settle();
    expect(ready.at).toBe(0);
    await advance(1_000);
  });

  it('resolves when the controller closes', async () => {
    const { controller } = blocking();
    for (const item of numbers(1, 4)) controller.tryPush(item);
    const ready = controller.ready();
    void controller.close({ timeoutMs: 0 });
    await advance(0);
    await ready;
    await controller.ready();
  });
});
