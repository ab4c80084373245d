import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryBudget } from '../src/index.ts';
import { advance, now, resetClock, runningTimers, settle } from './fake-clock.ts';
import { setRandom } from './fake-random.ts';
import { delivered, numbers, throttled, unreachable } from './held-consumer.ts';
import { overflowing } from './memory-overflow.ts';
import { watch } from './watched-promise.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(() => {
  resetClock();
  setRandom();
});

describe('an overflow that did not take a batch', () => {
  function withWaitingProducer() {
    const parts = overflowing({ strategy: 'block', maxBlockTimeMs: 60_000 });
    parts.overflow.isFull = true;
    for (const item of numbers(1, 100)) parts.controller.tryPush(item);
    return { ...parts, waiting: watch(parts.controller.push(101)) };
  }

  it('is asked again a second later for a producer that waits, though no flush settles meanwhile', async () => {
    const { overflow, waiting, metrics } = withWaitingProducer();
    await advance(999);
    overflow.isFull = false;
    expect(overflow.asked).toBe(1);
    await advance(1);
    expect(waiting.result).toBe(true);
    expect(overflow.batches).toEqual([numbers(1, 10)]);
    expect(metrics()).toMatchObject({ eventsAccepted: 101, eventsSpilled: 10, bufferSize: 91 });
  });

  it('is asked once a second while it stays full, and no more when nobody waits any longer', async () => {
    const { overflow, controller, waiting } = withWaitingProducer();
    await advance(3_500);
    expect(overflow.asked).toBe(4);
    controller.giveUp();
    await settle();
    expect(waiting.result).toBe(false);
    expect(runningTimers()).toBe(0);
  });
});

describe('room that an overflow makes when an item comes in', () => {
  it('is told to those who wait until there is room', async () => {
    const { overflow, controller } = overflowing({ strategy: 'drop_newest' });
    overflow.isFull = true;
    for (const item of numbers(1, 101)) controller.tryPush(item);
    const ready = watch(controller.ready());
    await advance(1_000);
    overflow.isFull = false;
    expect(ready.at).toBeUndefined();
    controller.tryPush(102);
    await settle();
    expect(ready.at).toBe(1_000);
  });

  it('goes first to the item that it was made for, and then to producers that wait', async () => {
    const { overflow, controller, metrics } = overflowing({ strategy: 'block', maxBlockTimeMs: 60_000 });
    overflow.isFull = true;
    for (const item of numbers(1, 100)) controller.tryPush(item);
    const waiting = numbers(101, 115).map((item) => watch(controller.push(item)));
    overflow.isFull = false;
    await advance(1_000);
    expect(waiting.map(({ result }) => result)).toEqual(waiting.map(() => true));
    expect(overflow.items).toEqual(numbers(1, 20));
    expect(metrics()).toMatchObject({ eventsAccepted: 115, eventsOffered: 115, bufferSize: 95 });
  });

  it('ends a flush call whose items have all been spilled', async () => {
    const { consumer, controller } = overflowing({ batchSize: 50, strategy: 'drop_newest' });
    consumer.automatic = throttled(60_000);
    controller.start();
    for (const item of numbers(1, 50)) controller.tryPush(item);
    await advance(100);
    const flushed = watch(controller.flush({ timeoutMs: 120_000 }));
    await advance(100);
    expect(flushed.at).toBeUndefined();
    for (const item of numbers(51, 101)) controller.tryPush(item);
    await settle();
    expect(flushed).toEqual({ result: true, at: 200 });
    controller.giveUp();
  });

  it('lowers the state', () => {
    const { controller, metrics } = overflowing({ batchSize: 60 });
    for (const item of numbers(1, 100)) controller.tryPush(item);
    expect(controller.state).toBe('blocked');
    controller.tryPush(101);
    expect(metrics()).toMatchObject({ bufferSize: 41, state: 'normal' });
  });
});

describe('room that an overflow makes because the budget has shrunk', () => {
  it('is told to those who wait until there is room, and ends a flush call for what was spilled', async () => {
    const config = { sizeOf: (item: number) => item, batchSize: 1, memoryBudget: new MemoryBudget(100) };
    const { overflow, consumer, controller } = overflowing(config);
    consumer.automatic = throttled(60_000);
    controller.start();
    controller.tryPush(100);
    await advance(100);
    const ready = watch(controller.ready());
    const flushed = watch(controller.flush({ timeoutMs: 120_000 }));
    await advance(100);
    expect([ready.at, flushed.at]).toEqual([undefined, undefined]);
    overflowing(config);
    await settle();
    expect(overflow.items).toEqual([100]);
    expect([ready.at, flushed.at]).toEqual([200, 200]);
    controller.giveUp();
  });
});

describe('an overflow that gives up as many items as it takes', () => {
  it('has made room nevertheless, which is told during an outage, too', async () => {
    const { overflow, consumer, controller, metrics } = overflowing({ strategy: 'drop_newest' });
    consumer.automatic = delivered;
    controller.start();
    controller.tryPush(0);
    await advance(1_000);
    consumer.automatic = unreachable;
    overflow.isFull = true;
    for (const item of numbers(1, 101)) controller.tryPush(item);
    const takenAt: number[] = [];
    overflow.take = (batch) => {
      takenAt.push(now());
      controller.discardSpilled('expired', batch.length);
      return true;
    };
    const ready = watch(controller.ready());
    await advance(20_000);
    expect(metrics()).toMatchObject({ eventsSpilled: 0 });
    expect(takenAt).not.toEqual([]);
    expect(ready.at).toBe(takenAt[0]);
    controller.giveUp();
  });

  it('has nevertheless taken what a hand-over counts as taken, and left nothing to a close', async () => {
    const { controller } = overflowing();
    for (const item of numbers(1, 25)) controller.tryPush(item);
    const taken = controller.handOver((batch) => {
      controller.discardSpilled('expired', batch.length);
      return true;
    });
    expect(taken).toBe(25);

    const { overflow, controller: closing } = overflowing();
    for (const item of numbers(1, 25)) closing.tryPush(item);
    overflow.take = (batch) => {
      closing.discardSpilled('expired', batch.length);
      return true;
    };
    const closed = closing.close({ timeoutMs: 0 });
    await advance(10);
    expect((await closed).remaining).toBe(0);
  });
});
