import { beforeEach, describe, expect, it, vi } from 'vitest';
import { expectLaw } from './accounting-law.ts';
import { advance, resetClock, runningTimers, settle } from './fake-clock.ts';
import { filled } from './filled-controller.ts';
import { delivered, numbers, tooLarge } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(resetClock);

/** Takes everything, and records the batches. */
function taker(): { readonly taken: number[][]; readonly take: (batch: number[], items: number) => boolean } {
  const taken: number[][] = [];
  return {
    taken,
    take(batch, items) {
      expect(items).toBe(batch.length);
      taken.push([...batch]);
      return true;
    },
  };
}

describe('a hand-over', () => {
  it('gives items in flight first, then queued ones in order and in batches, and counts them as spilled', async () => {
    const { consumer, controller, metrics } = filled(45, { maxBatchSize: 10, maxConcurrentFlushes: 2 });
    controller.start();
    await settle();
    expect(consumer.batches).toEqual([numbers(1, 10), numbers(11, 20)]);
    const { taken, take } = taker();
    expect(controller.handOver(take)).toBe(45);
    expect(taken).toEqual([numbers(1, 10), numbers(11, 20), numbers(21, 30), numbers(31, 40), numbers(41, 45)]);
    expect(metrics()).toMatchObject({
      eventsSpilled: 45,
      eventsDropped: 0,
      bufferSize: 0,
      inFlight: 0,
      bufferBytes: 0,
      state: 'normal',
    });
    expect(consumer.flushes.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(runningTimers()).toBe(0);
  });

  it('gives batches of the largest allowed size, because each one costs an ending process some time', () => {
    const { controller } = filled(45, { maxBatchSize: 40 });
    const { taken, take } = taker();
    controller.handOver(take);
    expect(taken).toEqual([numbers(1, 40), numbers(41, 45)]);
  });

  it('does not send the items again, whatever the flushes answer and whoever waits', async () => {
    const onStateChange = vi.fn<() => void>();
    const { consumer, controller, metrics } = filled(25, { onStateChange });
    controller.start();
    await settle();
    const flush = controller.flush();
    const drain = controller.drain();
    controller.handOver(taker().take);
    await drain;
    onStateChange.mockClear();
    consumer.last.answer();
    controller.start();
    await advance(600_000);
    expect(consumer.flushes).toHaveLength(1);
    expect(await flush).toBe(true);
    expect(await drain).toEqual({ flushed: 0, failed: 0, remaining: 0 });
    expect(await controller.close()).toEqual({ flushed: 0, failed: 0, remaining: 0 });
    expect(onStateChange).not.toHaveBeenCalled();
    expect(metrics()).toMatchObject({ eventsSpilled: 25, eventsFlushed: 0, eventsDropped: 0, state: 'normal' });
  });

  it('ends the controller: later items are refused as already_shutdown, and a second hand-over has nothing to give', async () => {
    const { controller, metrics } = filled(5, { strategy: 'block' });
    const { taken, take } = taker();
    controller.handOver(take);
    expect([controller.tryPush(6), await controller.push(7), controller.mayAccept(0)]).toEqual([false, false, false]);
    expect(controller.handOver(take)).toBe(0);
    expect(taken).toEqual([numbers(1, 5)]);
    expect(metrics().droppedByReason.already_shutdown).toBe(2);
  });

  it('gives the items that a drain has not finished, and lets a waiting close end', async () => {
    const { consumer, controller } = filled(25);
    controller.start();
    const close = controller.close({ timeoutMs: 60_000 });
    await settle();
    consumer.last.answer();
    await settle();
    const { taken, take } = taker();
    expect(controller.handOver(take)).toBe(15);
    expect(taken.flat()).toEqual(numbers(11, 25));
    expect(await close).toEqual({ flushed: 10, failed: 0, remaining: 0 });
  });

  it('has nothing to give after a close', async () => {
    const { consumer, controller } = filled(5);
    consumer.automatic = delivered;
    await Promise.all([controller.close(), settle()]);
    expect(controller.handOver(taker().take)).toBe(0);
  });

  it('counts items as drain_timeout if the taker does not take them, or throws', () => {
    const { controller, metrics } = filled(30);
    const answers = [
      () => true,
      () => false,
      () => {
        throw new Error('no');
      },
    ];
    expect(controller.handOver(() => (answers.shift() as () => boolean)())).toBe(10);
    expect(metrics()).toMatchObject({ eventsSpilled: 10, eventsEvicted: 20 });
    expect(metrics().droppedByReason.drain_timeout).toBe(20);
  });

  it('can go step by step, so that the next batch is taken only when it is asked for', async () => {
    const { controller, metrics } = filled(25, { maxBatchSize: 10 });
    controller.start();
    await settle();
    const { taken, take } = taker();
    expect(controller.handOverNext(take)).toBe(true);
    expect(taken).toEqual([numbers(1, 10)]);
    expect(metrics()).toMatchObject({ eventsSpilled: 10, bufferSize: 15, inFlight: 0 });
    expect(controller.tryPush(26)).toBe(false);
    expect([controller.handOverNext(take), controller.handOverNext(take), controller.handOverNext(take)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(taken.flat()).toEqual(numbers(1, 25));
    expect(await controller.close()).toEqual({ flushed: 0, failed: 0, remaining: 0 });
    expect(runningTimers()).toBe(0);
  });

  it('can be broken off, which gives up the rest, including the items of producers that wait for room', async () => {
    const { controller, metrics } = filled(20, { strategy: 'block', maxBufferSize: 20, maxBatchSize: 10 });
    const waiting = numbers(21, 32).map((item) => controller.push(item));
    controller.handOverNext(taker().take);
    expect(controller.giveUp()).toBe(20);
    expect((await Promise.all(waiting)).filter(Boolean)).toHaveLength(10);
    expect(metrics()).toMatchObject({ eventsSpilled: 10, eventsEvicted: 20, eventsRefused: 2, bufferSize: 0 });
    expect(metrics().droppedByReason).toMatchObject({ already_shutdown: 2, drain_timeout: 20 });
    expect(await controller.close()).toEqual({ flushed: 0, failed: 0, remaining: 0 });
    expect(runningTimers()).toBe(0);
  });

  it('keeps the law while the taker looks', async () => {
    const { controller } = filled(25);
    controller.start();
    await settle();
    controller.handOver(() => {
      expectLaw(controller);
      return true;
    });
    expect(controller.getMetrics().eventsSpilled).toBe(25);
  });

  it('gives nothing twice to a taker that asks again meanwhile', async () => {
    const { controller } = filled(30, { maxConcurrentFlushes: 2 });
    controller.start();
    await settle();
    const { taken, take } = taker();
    controller.handOver((batch, items) => {
      take(batch, items);
      controller.handOver(take);
      return true;
    });
    expect(taken.flat().toSorted((a, b) => a - b)).toEqual(numbers(1, 30));
  });

  it('includes the items of producers that wait for room, in their order', async () => {
    const { controller, metrics } = filled(10, { strategy: 'block', maxBufferSize: 10 });
    const waiting = numbers(11, 25).map((item) => controller.push(item));
    const { taken, take } = taker();
    expect(controller.handOver(take)).toBe(25);
    expect(taken.flat()).toEqual(numbers(1, 25));
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => true));
    expect(metrics()).toMatchObject({ eventsOffered: 25, eventsSpilled: 25, eventsRefused: 0 });
  });

  it('gives the highest lane first, and no batch larger than the consumer is known to take', async () => {
    const { consumer, controller } = filled(0, {
      batchSize: 8,
      sizeOf: () => 10,
      priorityOf: (item) => (item > 100 ? 1 : 0),
    });
    for (const item of [...numbers(1, 8), ...numbers(101, 104)]) controller.tryPush(item);
    controller.start();
    await settle();
    consumer.last.answer(tooLarge);
    await settle();
    const { taken, take } = taker();
    controller.handOver(take);
    expect(taken.flat()).toEqual([...numbers(101, 104), ...numbers(1, 8)]);
    expect(Math.max(...taken.map(({ length }) => length))).toBe(4);
  });

  it('counts each waiting item once, even if called from the callback about a producer that gave up', async () => {
    const { BackpressureController, MemoryBudget } = await import('../src/index.ts');
    const memoryBudget = new MemoryBudget(100);
    memoryBudget.join({}, () => {}).use(100);
    const controller: InstanceType<typeof BackpressureController<number>> = new BackpressureController<number>(
      async () => delivered,
      {
        strategy: 'block',
        memoryBudget,
        sizeOf: () => 30,
        maxBlockTimeMs: 100,
        onDrop: (reason) => void (reason === 'block_timeout' && controller.handOver(() => true)),
      },
    );
    const waiting = numbers(1, 3).map((item) => controller.push(item));
    await advance(100);
    expect(await Promise.all(waiting)).toEqual([false, false, false]);
    expect(controller.getMetrics()).toMatchObject({ eventsOffered: 3, eventsRefused: 3 });
    expect(controller.getMetrics().droppedByReason).toMatchObject({ block_timeout: 1, already_shutdown: 2 });
  });

  it('gives back its part of the shared memory', async () => {
    const { MemoryBudget } = await import('../src/index.ts');
    const memoryBudget = new MemoryBudget(1_000);
    const controller = lawfulController<number>(async () => delivered, { memoryBudget, sizeOf: () => 10 });
    for (const item of numbers(1, 50)) controller.tryPush(item);
    expect(memoryBudget.utilization).toBe(0.5);
    controller.handOver(() => true);
    expect(memoryBudget.utilization).toBe(0);
  });
});
