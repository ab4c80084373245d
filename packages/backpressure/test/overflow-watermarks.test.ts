import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryBudget } from '../src/index.ts';
import { advance, resetClock, settle } from './fake-clock.ts';
import { setRandom } from './fake-random.ts';
import { delivered, HeldConsumer, numbers, throttled, unreachable } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';
import { overflowing } from './memory-overflow.ts';
import { watch } from './watched-promise.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(() => {
  resetClock();
  setRandom();
});

type Parts = ReturnType<typeof overflowing>;

/** A controller whose consumer has asked for a long pause. */
async function throttledController(config: Parameters<typeof overflowing>[0] = {}): Promise<Parts> {
  const parts = overflowing(config);
  parts.consumer.automatic = throttled(3_600_000);
  parts.controller.start();
  parts.controller.tryPush(0);
  await advance(100);
  return parts;
}

describe('an overflow gets queued items', () => {
  it('from the high watermark down to the low one, one batch a turn, before any push finds no room', async () => {
    const { overflow, controller, metrics } = await throttledController();
    for (const item of numbers(1, 78)) controller.tryPush(item);
    await settle();
    expect(overflow.asked).toBe(0);
    controller.tryPush(79);
    expect(overflow.asked).toBe(0);
    await settle();
    expect(overflow.batches).toEqual([numbers(0, 9), numbers(10, 19), numbers(20, 29), numbers(30, 39)]);
    expect(metrics()).toMatchObject({ eventsSpilled: 40, bufferSize: 40, state: 'normal' });
    for (const item of numbers(80, 118)) controller.tryPush(item);
    await settle();
    expect(metrics()).toMatchObject({ eventsSpilled: 40, bufferSize: 79 });
    controller.giveUp();
  });

  it('by bytes as well, and by its own part of a shared budget', async () => {
    const budget = new MemoryBudget(100);
    const { controller, metrics } = await throttledController({
      maxBufferSize: 1_000,
      sizeOf: () => 1,
      memoryBudget: budget,
    });
    for (const item of numbers(1, 79)) controller.tryPush(item);
    await settle();
    expect(metrics()).toMatchObject({ eventsSpilled: 40, bufferBytes: 40 });
    controller.giveUp();
  });

  it('not for pressure from elsewhere, which they would not relieve', async () => {
    const { overflow, controller } = await throttledController({ pressure: [{ utilization: () => 0.95 }] });
    for (const item of numbers(1, 70)) controller.tryPush(item);
    await advance(5_000);
    expect(controller.state).toBe('critical');
    expect(overflow.asked).toBe(0);
    controller.giveUp();
  });

  it('only if they cannot be sent: a burst above the watermark goes to a consumer that takes it', async () => {
    const { overflow, consumer, controller, metrics } = overflowing();
    consumer.automatic = delivered;
    controller.start();
    for (const item of numbers(1, 100)) controller.tryPush(item);
    await settle();
    expect(overflow.asked).toBe(0);
    expect(metrics()).toMatchObject({ eventsFlushed: 100, eventsSpilled: 0 });
  });

  it('in batches, even if most of the room is taken by flushes in flight', async () => {
    const { overflow, consumer, controller, metrics } = overflowing({ maxConcurrentFlushes: 4, maxBatchSize: 20 });
    controller.start();
    for (let item = 1; item <= 200; item += 1) {
      controller.tryPush(item);
      if (item % 2 === 0) await settle();
    }
    expect(metrics().inFlight).toBeGreaterThanOrEqual(40);
    expect(metrics().eventsDropped).toBe(0);
    expect(Math.min(...overflow.batches.map(({ length }) => length))).toBeGreaterThanOrEqual(6);
    expect(consumer.open.length).toBe(4);
    controller.giveUp();
  });

  it('of a long outage in groups of a second, unless they make a batch sooner', async () => {
    const { overflow, consumer, controller, metrics } = overflowing();
    consumer.automatic = delivered;
    controller.start();
    controller.tryPush(0);
    await advance(1_000);
    consumer.automatic = unreachable;
    for (let second = 0; second < 60; second += 1) {
      for (const item of numbers(1, 3)) {
        controller.tryPush(item);
        await advance(333);
      }
      await advance(1);
    }
    const { eventsSpilled } = metrics();
    expect(eventsSpilled).toBeGreaterThan(130);
    expect(overflow.batches.length).toBeLessThanOrEqual(55);
    controller.giveUp();
  });
});

describe('replays in flight', () => {
  it('do not make live items go to the overflow', async () => {
    const { overflow, consumer, controller, metrics } = overflowing({ maxConcurrentFlushes: 4 });
    controller.start();
    controller.adopt(70);
    void controller.readmit({ items: 70, bytes: 0, send: (context) => consumer.flush([], context) });
    await settle();
    consumer.automatic = throttled(3_600_000);
    for (const item of numbers(1, 20)) {
      controller.tryPush(item);
      await settle();
    }
    expect(metrics()).toMatchObject({ inFlight: 70, bufferSize: 20, bufferUtilization: 0.9 });
    expect(overflow.asked).toBe(0);
    controller.giveUp();
  });

  it('leave room for live items: only the first may reach beyond the high watermark', async () => {
    const { consumer, controller, metrics } = overflowing({ maxConcurrentFlushes: 16 });
    controller.start();
    controller.adopt(90);
    for (let replay = 0; replay < 3; replay += 1)
      void controller.readmit({ items: 30, bytes: 0, send: (context) => consumer.flush([], context) });
    await settle();
    expect(metrics()).toMatchObject({ replaying: 60, eventsSpilled: 30 });
    controller.giveUp();
  });

  it('are not lost to a drain, and go on after it, even if it ended at its deadline and nothing else happens', async () => {
    const { consumer, controller, metrics } = overflowing({ maxConcurrentFlushes: 4 });
    controller.start();
    controller.adopt(3);
    const replay = (id: number) =>
      controller.readmit({ items: 1, bytes: 0, send: (context) => consumer.flush([id], context) });
    const [first, second] = [watch(replay(1)), watch(replay(2))];
    await settle();
    const drained = controller.drain({ timeoutMs: 500 });
    const third = watch(replay(3));
    await advance(500);
    expect(await drained).toEqual({ flushed: 0, failed: 0, remaining: 0 });
    for (let round = 0; round < 3; round += 1) {
      for (const flush of consumer.open) flush.answer();
      await settle();
    }
    expect([first, second, third].map(({ result }) => result?.kind)).toEqual(['settled', 'settled', 'settled']);
    expect(metrics()).toMatchObject({ eventsFlushed: 3, eventsSpilled: 0 });
    controller.giveUp();
  });
});

describe('an overflow that tells when it is ready', () => {
  function withReady(config: Parameters<typeof overflowing>[0] = {}) {
    const parts = overflowing(config);
    let ready = (): void => {};
    let stopped = 0;
    const overflow = Object.assign(parts.overflow, {
      onReady(listener: () => void) {
        ready = listener;
        return () => (stopped += 1);
      },
    });
    const again = overflowing({ ...config, overflow });
    overflow.controller = again.controller;
    return { ...again, overflow, ready: () => ready(), stopped: () => stopped };
  }

  it('is asked again then, and producers that wait are let in', async () => {
    const { overflow, controller, ready } = withReady({ strategy: 'block', maxBlockTimeMs: 60_000 });
    overflow.isFull = true;
    for (const item of numbers(1, 100)) controller.tryPush(item);
    const waiting = watch(controller.push(101));
    await advance(300);
    overflow.isFull = false;
    ready();
    await settle();
    expect(waiting).toEqual({ result: true, at: 300 });
    expect(overflow.items).toEqual(numbers(1, 10));
    controller.giveUp();
  });

  it('goes on from the watermark without any push', async () => {
    const { overflow, consumer, controller, ready, metrics } = withReady();
    overflow.isFull = true;
    consumer.automatic = throttled(3_600_000);
    controller.start();
    for (const item of numbers(1, 90)) controller.tryPush(item);
    await advance(100);
    expect(metrics().bufferSize).toBe(90);
    overflow.isFull = false;
    ready();
    await settle();
    expect(metrics()).toMatchObject({ bufferSize: 40, eventsSpilled: 50 });
    controller.giveUp();
  });

  it('may say so at any time, again and again, without any effect while it is ready', async () => {
    const { overflow, controller, ready, metrics } = withReady();
    overflow.take = (batch) => {
      ready();
      overflow.batches.push([...batch]);
      return true;
    };
    ready();
    for (const item of numbers(1, 101)) controller.tryPush(item);
    ready();
    expect(metrics()).toMatchObject({ eventsSpilled: 10, eventsAccepted: 101 });
    controller.giveUp();
    ready();
  });

  it('is listened to until the controller ends', () => {
    const { controller, stopped } = withReady();
    expect(stopped()).toBe(0);
    controller.giveUp();
    expect(stopped()).toBe(1);
  });
});

describe('strategy sample with an overflow', () => {
  it('keeps every item while the overflow takes them, and samples as usual while it does not', () => {
    const { overflow, controller, metrics } = overflowing({ strategy: 'sample', sampleRate: 10 });
    for (const item of numbers(1, 200)) expect(controller.tryPush(item)).toBe(true);
    expect(metrics()).toMatchObject({ eventsDropped: 0, eventsAccepted: 200 });
    overflow.isFull = true;
    for (const item of numbers(1, 100)) controller.tryPush(item);
    expect(metrics().droppedByReason.sampled_out).toBeGreaterThan(0);
  });
});

describe('an overflow whose items go first', () => {
  async function ordered() {
    const parts = overflowing({ batchSize: 5 });
    const state = { goesFirst: false };
    const overflow = Object.defineProperty(parts.overflow, 'goesFirst', { get: () => state.goesFirst });
    const again = overflowing({ batchSize: 5, overflow });
    overflow.controller = again.controller;
    again.consumer.automatic = delivered;
    again.controller.start();
    return { ...again, overflow, state };
  }

  it('gets every item that is queued meanwhile, and no item overtakes those that it has', async () => {
    const { overflow, consumer, controller, metrics, state } = await ordered();
    state.goesFirst = true;
    for (const item of numbers(1, 12)) controller.tryPush(item);
    await advance(1_000);
    expect(consumer.batches).toEqual([]);
    expect(overflow.items).toEqual(numbers(1, 12));
    void controller.readmit({ items: 12, bytes: 0, send: (context) => consumer.flush(overflow.items, context) });
    await settle();
    state.goesFirst = false;
    controller.tryPush(13);
    await advance(1_000);
    expect(consumer.batches).toEqual([numbers(1, 12), [13]]);
    expect(metrics()).toMatchObject({ eventsFlushed: 13, eventsSpilled: 0 });
  });

  it('holds items back that it does not take, without using up turns, until its own have left', async () => {
    const { overflow, consumer, controller, state } = await ordered();
    state.goesFirst = true;
    overflow.isFull = true;
    controller.tryPush(1);
    await advance(10_000);
    expect(consumer.batches).toEqual([]);
    expect(overflow.asked).toBeLessThanOrEqual(11);
    state.goesFirst = false;
    await advance(1_500);
    expect(consumer.batches).toEqual([[1]]);
  });

  it('lets items pass that it does not take if a caller waits for them, because that has a deadline', async () => {
    const { overflow, consumer, controller, state } = await ordered();
    state.goesFirst = true;
    overflow.isFull = true;
    controller.tryPush(1);
    await advance(500);
    const flushed = watch(controller.flush({ timeoutMs: 1_000 }));
    await advance(100);
    expect(flushed.result).toBe(true);
    expect(consumer.batches).toEqual([[1]]);
  });
});

describe('spill', () => {
  it('moves everything that waits to the overflow, and says whether that succeeded', async () => {
    const { overflow, consumer, controller, metrics } = overflowing();
    for (const item of numbers(1, 25)) controller.tryPush(item);
    controller.start();
    await settle();
    expect(controller.spill()).toBe(true);
    expect(overflow.items).toEqual(numbers(11, 25));
    expect(metrics()).toMatchObject({ inFlight: 10, bufferSize: 0, eventsSpilled: 15 });
    overflow.isFull = true;
    controller.tryPush(26);
    expect(controller.spill()).toBe(false);
    expect(metrics()).toMatchObject({ bufferSize: 1, eventsSpilled: 15 });
    consumer.last.answer();
    controller.giveUp();
  });
});

describe('spill, without an overflow', () => {
  it('moves nothing, and says whether anything waits', async () => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, { batchSize: 10 });
    expect(controller.spill()).toBe(true);
    for (const item of numbers(1, 10)) controller.tryPush(item);
    expect(controller.spill()).toBe(false);
    controller.start();
    await settle();
    expect(consumer.batches).toEqual([numbers(1, 10)]);
    expect(controller.spill()).toBe(true);
    consumer.last.answer();
  });
});

describe('spillHeld', () => {
  it('moves what is in flight to the overflow as well, whose answers do not count any more', async () => {
    const { overflow, consumer, controller, metrics } = overflowing({ maxConcurrentFlushes: 2 });
    for (const item of numbers(1, 45)) controller.tryPush(item);
    controller.start();
    await settle();
    expect(metrics().inFlight).toBe(20);
    expect(controller.spillHeld()).toBe(true);
    expect(overflow.items.toSorted((a, b) => a - b)).toEqual(numbers(1, 45));
    expect(consumer.flushes.every(({ signal }) => signal.aborted)).toBe(true);
    for (const flush of consumer.open) flush.answer();
    await settle();
    expect(metrics()).toMatchObject({ inFlight: 0, bufferSize: 0, eventsSpilled: 45, eventsFlushed: 0 });
    consumer.automatic = delivered;
    controller.tryPush(46);
    await advance(10_000);
    expect(metrics()).toMatchObject({ eventsFlushed: 1, bufferSize: 0 });
  });

  it('leaves what is in flight alone if the overflow takes nothing', async () => {
    const { overflow, consumer, controller, metrics } = overflowing();
    overflow.isFull = true;
    for (const item of numbers(1, 25)) controller.tryPush(item);
    controller.start();
    await settle();
    expect(controller.spillHeld()).toBe(false);
    expect(metrics()).toMatchObject({ inFlight: 10, bufferSize: 15, eventsSpilled: 0 });
    consumer.automatic = delivered;
    consumer.last.answer();
    await advance(10_000);
    expect(metrics()).toMatchObject({ eventsFlushed: 25 });
  });
});

describe('items of another process', () => {
  it('count as offered, accepted and spilled when they are adopted, and then like any others', async () => {
    const { controller, metrics } = overflowing();
    controller.adopt(10);
    expect(metrics()).toMatchObject({ eventsOffered: 10, eventsAccepted: 10, eventsSpilled: 10, eventsDropped: 0 });
    controller.discardSpilled('spool_corrupt', 4);
    expect(metrics()).toMatchObject({ eventsOffered: 10, eventsSpilled: 6, eventsEvicted: 4 });
    expect(metrics().droppedByReason.spool_corrupt).toBe(4);
    expect(() => controller.adopt(-1)).toThrow('count must be a whole number from 0, got -1');
  });
});

describe('an overflow whose code ends the controller while it takes a batch', () => {
  it.each([true, false])('leaves nothing behind in it, whether it takes the batch or not: %s', async (takes) => {
    const { overflow, controller, metrics } = overflowing();
    overflow.take = () => {
      controller.giveUp();
      return takes;
    };
    for (const item of numbers(1, 101)) controller.tryPush(item);
    expect(metrics()).toMatchObject({
      bufferSize: 0,
      eventsSpilled: takes ? 10 : 0,
      eventsEvicted: takes ? 90 : 100,
    });
    expect(metrics().droppedByReason).toMatchObject({ already_shutdown: 1, drain_timeout: takes ? 90 : 100 });
  });

  it('gives the overflow batches of the given size, whatever a flush may have', () => {
    const { overflow, controller } = overflowing({ sizeOf: () => 10 });
    const batches: number[] = [];
    const take = overflow.take.bind(overflow);
    overflow.take = (batch: number[], items: number) => {
      batches.push(items);
      return take(batch, items);
    };
    for (const item of numbers(1, 7)) controller.tryPush(item);
    expect(controller.spill(25)).toBe(true);
    expect(batches).toEqual([2, 2, 2, 1]);
    controller.tryPush(8);
    expect(controller.spill(1)).toBe(true);
    expect(overflow.items).toEqual(numbers(1, 8));
    controller.giveUp();
  });
});
