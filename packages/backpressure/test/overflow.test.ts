import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type BackpressureController,
  Destination,
  type FlushOutcome,
  type Readmission,
  type Replay,
} from '../src/index.ts';
import { startTimer } from '../src/clock.ts';
import { expectLaw } from './accounting-law.ts';
import { advance, resetClock, settle } from './fake-clock.ts';
import { setRandom } from './fake-random.ts';
import {
  delivered,
  denied,
  HeldConsumer,
  numbers,
  refused,
  retry,
  throttled,
  tooLarge,
  unreachable,
} from './held-consumer.ts';
import { overflowing } from './memory-overflow.ts';
import { watch } from './watched-promise.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
vi.mock('../src/random.ts', () => import('./fake-random.ts'));
beforeEach(() => {
  resetClock();
  setRandom();
});

/** A replay of a batch, sent to the same consumer. */
const replayOf = (consumer: HeldConsumer<number>, items: number[]): Replay => ({
  items: items.length,
  bytes: 0,
  send: (context) => consumer.flush(items, context),
});

/** Sends a batch that another process has spilled. */
function readmitAdopted(
  controller: BackpressureController<number>,
  consumer: HeldConsumer<number>,
  items: number[],
): Promise<Readmission> {
  controller.adopt(items.length);
  return controller.readmit(replayOf(consumer, items));
}

describe('an overflow', () => {
  it.each(['drop_oldest', 'drop_newest', 'block'] as const)(
    'takes the oldest batch when room must be made, and nothing is lost, with %s',
    (strategy) => {
      const { overflow, controller, metrics } = overflowing({ strategy });
      for (const item of numbers(1, 105)) expect(controller.tryPush(item)).toBe(true);
      expect(overflow.batches).toEqual([numbers(1, 10)]);
      expect(metrics()).toMatchObject({ eventsAccepted: 105, eventsSpilled: 10, eventsDropped: 0, bufferSize: 95 });
    },
  );

  it('is not asked while there is room, nor while the consumer is well', async () => {
    const { overflow, consumer, controller } = overflowing();
    consumer.automatic = delivered;
    controller.start();
    for (const item of numbers(1, 1_000)) {
      controller.tryPush(item);
      if (item % 50 === 0) await settle();
    }
    await controller.close();
    expect(overflow.asked).toBe(0);
  });

  it('makes room for bytes too, and the item that did not fit is encoded again once it fits', () => {
    const { overflow, controller, metrics } = overflowing({
      sizeOf: (item) => item,
      maxBufferBytes: 100,
      batchSize: 2,
    });
    for (const item of [40, 30, 20, 60]) expect(controller.tryPush(item)).toBe(true);
    expect(overflow.batches).toEqual([[40, 30]]);
    expect(metrics()).toMatchObject({ eventsSpilled: 2, eventsDropped: 0, bufferBytes: 80 });
  });

  it('that is full is not asked again for a second, and items are given up as if there were none', async () => {
    const { overflow, controller, metrics } = overflowing();
    overflow.isFull = true;
    for (const item of numbers(1, 110)) controller.tryPush(item);
    expect(overflow.asked).toBe(1);
    expect(metrics()).toMatchObject({ eventsSpilled: 0, eventsEvicted: 10, bufferSize: 100 });
    await advance(1_000);
    overflow.isFull = false;
    controller.tryPush(111);
    expect(overflow.items).toEqual(numbers(11, 20));
  });

  it('that throws loses no item of the batch', () => {
    const { overflow, controller, metrics } = overflowing({ strategy: 'drop_newest' });
    overflow.take = () => {
      throw new Error('disk');
    };
    for (const item of numbers(1, 101)) controller.tryPush(item);
    expect(metrics()).toMatchObject({ eventsSpilled: 0, eventsRefused: 1, bufferSize: 100 });
  });

  it('may push while it takes a batch, and room for such an item is made without the overflow', () => {
    const { overflow, controller } = overflowing();
    overflow.take = () => {
      controller.tryPush(0);
      return true;
    };
    for (const item of numbers(1, 101)) controller.tryPush(item);
    expect(controller.getMetrics()).toMatchObject({
      eventsSpilled: 10,
      eventsAccepted: 102,
      eventsEvicted: 1,
      bufferSize: 91,
    });
  });

  it('gets the items that pile up while the circuit stays open for long, except a few for the probes', async () => {
    const { overflow, consumer, controller, metrics } = overflowing({ maxBatchSize: 20 });
    consumer.automatic = delivered;
    controller.start();
    controller.tryPush(0);
    await advance(1_000);
    consumer.automatic = unreachable;
    for (const item of numbers(1, 70)) controller.tryPush(item);
    await advance(5_000);
    expect(metrics().circuit).not.toBe('closed');
    expect(overflow.asked).toBe(0);
    await advance(20_000);
    expect(metrics()).toMatchObject({ eventsSpilled: 66, bufferSize: 4, eventsDropped: 0 });
    expect(overflow.items.length).toBe(66);
  });

  it.each([
    ['is not there', unreachable],
    ['fails', retry],
    ['asks for a long pause', throttled(60_000)],
    ['denies the credentials', denied],
    ['never answers', undefined],
  ] as const)('gets what piles up before any flush has succeeded, if the consumer %s for long', async (_, answer) => {
    const { overflow, consumer, controller, metrics } = overflowing({ flushTimeoutMs: 30_000 });
    consumer.automatic = answer;
    controller.start();
    for (const item of numbers(1, 70)) controller.tryPush(item);
    await advance(9_900);
    expect(overflow.asked).toBe(0);
    for (const item of numbers(71, 75)) controller.tryPush(item);
    await advance(5_000);
    const { bufferSize, inFlight, setAside, eventsSpilled, eventsDropped } = metrics();
    expect(bufferSize - setAside).toBeLessThanOrEqual(4);
    expect(setAside).toBeLessThanOrEqual(12);
    expect(eventsSpilled).toBe(75 - bufferSize - inFlight);
    expect(overflow.items.length).toBe(eventsSpilled);
    expect(eventsDropped).toBe(0);
    controller.giveUp();
  });

  it('gets what comes in later as well, one item at a time, while a flush hangs', async () => {
    const { consumer, controller, metrics } = overflowing({ flushTimeoutMs: 600_000, maxConcurrentFlushes: 1 });
    controller.start();
    controller.tryPush(0);
    await advance(1_000);
    expect(consumer.open.length).toBe(1);
    for (const item of numbers(1, 30)) {
      await advance(1_000);
      controller.tryPush(item);
    }
    await advance(1_000);
    expect(metrics().bufferSize).toBeLessThanOrEqual(5);
    controller.giveUp();
  });

  it.each([
    ['at once, to batches that wait for their time', { maxFlushIntervalMs: 60_000, minFlushIntervalMs: 60_000 }, 0],
    ['slowly', { maxConcurrentFlushes: 2, targetLatencyMs: 20_000 }, 9_000],
  ])('gets nothing from a pipeline whose consumer answers %s', async (_, config, latencyMs) => {
    const { overflow, consumer, controller, metrics } = overflowing({ batchSize: 50, ...config });
    consumer.onFlush = (flush) => void startTimer(() => flush.answer(), latencyMs);
    controller.start();
    for (let second = 0; second < 300; second += 1) {
      if (second % 10 === 0) controller.tryPush(second);
      await advance(1_000);
    }
    await advance(60_000);
    expect(metrics()).toMatchObject({ eventsFlushed: 30, eventsSpilled: 0 });
    expect(overflow.asked).toBe(0);
  });

  it('gets nothing more when others learn that the consumer is back, while this pipeline is about to send', async () => {
    const destination = new Destination();
    const [one, other] = [overflowing({ destination }), overflowing({ destination })];
    for (const { consumer, controller } of [one, other]) {
      consumer.automatic = delivered;
      controller.start();
      controller.tryPush(0);
    }
    await advance(1_000);
    for (const { consumer } of [one, other]) consumer.automatic = retry;
    for (const item of numbers(1, 60)) one.controller.tryPush(item);
    await advance(9_000);
    for (const { consumer } of [one, other]) consumer.automatic = delivered;
    other.controller.tryPush(1);
    await advance(5_000);
    expect(one.overflow.asked).toBe(0);
    expect(one.metrics()).toMatchObject({ eventsFlushed: 61 });
  });

  it('gets nothing in a short outage', async () => {
    const { overflow, consumer, controller } = overflowing();
    consumer.automatic = delivered;
    controller.start();
    controller.tryPush(0);
    await advance(1_000);
    for (let outage = 0; outage < 5; outage += 1) {
      consumer.automatic = unreachable;
      for (const item of numbers(1, 50)) controller.tryPush(item);
      await advance(8_000);
      consumer.automatic = delivered;
      await advance(8_000);
    }
    expect(overflow.asked).toBe(0);
  });

  it('gets the items that a close cannot deliver, including those in flight, before anything counts as lost', async () => {
    const { overflow, consumer, controller, metrics } = overflowing();
    for (const item of numbers(1, 35)) controller.tryPush(item);
    controller.start();
    await settle();
    const closed = controller.close({ timeoutMs: 1_000 });
    await advance(1_000);
    expect(await closed).toEqual({ flushed: 0, failed: 0, remaining: 0 });
    expect(overflow.items).toEqual(numbers(1, 35));
    expect(consumer.last.signal.aborted).toBe(true);
    expect(metrics()).toMatchObject({ eventsSpilled: 35, eventsDropped: 0 });
  });

  it('gets the items that come in while a close waits, which does not wait for them', async () => {
    const { overflow, consumer, controller, metrics } = overflowing({ maxConcurrentFlushes: 1 });
    for (const item of numbers(1, 10)) controller.tryPush(item);
    controller.start();
    await settle();
    const closed = watch(controller.close({ timeoutMs: 60_000 }));
    for (const item of numbers(11, 30)) {
      expect(controller.mayAccept(0)).toBe(true);
      expect(controller.tryPush(item)).toBe(true);
    }
    consumer.last.answer();
    await settle();
    for (const item of numbers(31, 40)) expect(controller.tryPush(item)).toBe(false);
    expect(closed.result).toEqual({ flushed: 10, failed: 0, remaining: 0 });
    expect(overflow.items.toSorted((a, b) => a - b)).toEqual(numbers(11, 30));
    expect(metrics()).toMatchObject({ eventsFlushed: 10, eventsSpilled: 20, bufferSize: 0 });
    expect(metrics().droppedByReason.already_shutdown).toBe(10);
  });

  it('has its replay in flight waited for by a close, and no later one', async () => {
    const { consumer, controller, metrics } = overflowing();
    controller.start();
    const replays = [1, 2].map((item) => watch(readmitAdopted(controller, consumer, [item])));
    await settle();
    const inFlight = consumer.open.length;
    const closed = watch(controller.close({ timeoutMs: 60_000 }));
    await advance(1_000);
    expect(closed.result).toBeUndefined();
    for (const flush of consumer.open) flush.answer();
    await settle();
    expect(closed.result).toEqual({ flushed: inFlight, failed: 0, remaining: 0 });
    expect(replays.map(({ result }) => result?.kind)).toContain('settled');
    expect(metrics()).toMatchObject({ eventsFlushed: inFlight, eventsSpilled: 2 - inFlight });
  });

  it('keeps a replay that fails during a close, which does not wait for it again', async () => {
    const { consumer, controller, metrics } = overflowing();
    controller.start();
    const replay = watch(readmitAdopted(controller, consumer, [1]));
    await settle();
    const closed = watch(controller.close({ timeoutMs: 60_000 }));
    consumer.last.answer(retry);
    await settle();
    expect(replay.result?.kind).toBe('kept');
    expect(closed.result).toEqual({ flushed: 0, failed: 0, remaining: 0 });
    expect(metrics()).toMatchObject({ eventsSpilled: 1 });
  });

  it('that does not take items that a close cannot deliver makes them count as drain_timeout', async () => {
    const { overflow, controller, metrics } = overflowing();
    overflow.isFull = true;
    for (const item of numbers(1, 35)) controller.tryPush(item);
    const closed = controller.close({ timeoutMs: 0 });
    await advance(10);
    expect((await closed).remaining).toBe(35);
    expect(metrics().droppedByReason.drain_timeout).toBe(35);
  });

  it('settles a flush call that waits for the items that it takes', async () => {
    const { consumer, controller } = overflowing();
    consumer.automatic = delivered;
    controller.start();
    controller.tryPush(0);
    await advance(1_000);
    consumer.automatic = unreachable;
    for (const item of numbers(1, 90)) controller.tryPush(item);
    await advance(30_000);
    const reached = controller.flush({ timeoutMs: 60_000 });
    consumer.automatic = delivered;
    await advance(5_000);
    expect(await reached).toBe(true);
    expect(controller.getMetrics()).toMatchObject({ bufferSize: 0, eventsFlushed: 5, eventsSpilled: 86 });
  });
});

describe('a replay', () => {
  it('after an outage delivers everything, so that nothing is lost', async () => {
    const { overflow, consumer, controller, metrics } = overflowing();
    consumer.automatic = delivered;
    controller.start();
    controller.tryPush(0);
    await advance(1_000);
    consumer.automatic = unreachable;
    for (const item of numbers(1, 500)) {
      controller.tryPush(item);
      await advance(100);
      expectLaw(controller);
    }
    expect(metrics()).toMatchObject({ eventsDropped: 0, eventsFailed: 0, eventsFlushed: 1 });
    consumer.automatic = delivered;
    consumer.flushes.length = 0;
    const readmitted = overflow.batches.map((batch) => controller.readmit(replayOf(consumer, batch)));
    await advance(60_000);
    for (const { kind } of await Promise.all(readmitted)) expect(kind).toBe('settled');
    expect(consumer.batches.flat().toSorted((a, b) => a - b)).toEqual(numbers(1, 500));
    expect(metrics()).toMatchObject({
      eventsOffered: 501,
      eventsFlushed: 501,
      eventsSpilled: 0,
      bufferSize: 0,
      inFlight: 0,
      state: 'normal',
    });
  });

  it('waits for the gate, like any flush does', async () => {
    const { consumer, controller } = overflowing();
    controller.start();
    controller.tryPush(1);
    await advance(100);
    consumer.last.answer({ kind: 'throttled', error: new Error('slow down'), retryAfterMs: 5_000 });
    await settle();
    void readmitAdopted(controller, consumer, [100]);
    await advance(4_900);
    expect(consumer.flushes).toHaveLength(1);
    await advance(300);
    expect(consumer.open).toHaveLength(1);
    controller.giveUp();
  });

  it('does not keep a flush waiting, which is for items of its own', async () => {
    const { controller } = overflowing();
    controller.start();
    void readmitAdopted(controller, new HeldConsumer<number>(), [100]);
    await settle();
    expect(await controller.flush({ timeoutMs: 1_000 })).toBe(true);
    controller.giveUp();
  });

  it('counts as in flight, within the bounds and the number of flushes, and waits while there is no room', async () => {
    const { overflow, consumer, controller, metrics } = overflowing({
      maxBufferSize: 20,
      strategy: 'drop_newest',
      maxConcurrentFlushes: 8,
    });
    overflow.isFull = true;
    controller.start();
    for (const items of [numbers(1, 8), numbers(9, 16), numbers(17, 24)])
      void readmitAdopted(controller, consumer, items);
    await settle();
    // A quarter of the flushes.
    expect(consumer.batches).toEqual([numbers(1, 8), numbers(9, 16)]);
    expect(metrics()).toMatchObject({ inFlight: 16, replaying: 16, eventsSpilled: 8, bufferUtilization: 0.8 });
    for (const item of numbers(101, 105)) controller.tryPush(item);
    expect(metrics()).toMatchObject({ eventsAccepted: 28, state: 'blocked' });
    for (const flush of consumer.open) flush.answer();
    await settle();
    expect(metrics().eventsFlushed).toBe(16);
    expect(consumer.batches[2]).toEqual(numbers(17, 24));
    controller.giveUp();
  });

  it.each<[string, FlushOutcome, object]>([
    ['is temporary', retry, { eventsSpilled: 3, eventsFlushed: 0, eventsFailed: 0 }],
    ['is about the size', tooLarge, { eventsSpilled: 3, eventsFlushed: 0, eventsFailed: 0 }],
    ['is final', refused, { eventsSpilled: 0, eventsFlushed: 0, eventsFailed: 3 }],
    ['is partial', { kind: 'delivered', rejected: 1 }, { eventsSpilled: 0, eventsFlushed: 2, eventsFailed: 1 }],
  ])('whose failure %s is counted, and its overflow is told', async (_, outcome, counters) => {
    const { consumer, controller, metrics } = overflowing();
    controller.start();
    const readmitted = readmitAdopted(controller, consumer, [1, 2, 3]);
    await settle();
    expect(metrics()).toMatchObject({ inFlight: 3, eventsOffered: 3 });
    consumer.last.answer(outcome);
    await settle();
    expect(await readmitted).toMatchObject({
      kind: outcome === retry || outcome === tooLarge ? 'kept' : 'settled',
      outcome: { kind: outcome.kind },
    });
    expect(metrics()).toMatchObject({ eventsOffered: 3, inFlight: 0, bufferSize: 0, ...counters });
  });

  it('leaves after live batches, but is not held up by them for good', async () => {
    const { consumer, controller } = overflowing({ maxBufferSize: 1_000 });
    consumer.automatic = delivered;
    for (const item of numbers(1, 200)) controller.tryPush(item);
    controller.start();
    void readmitAdopted(controller, consumer, [-1]);
    void readmitAdopted(controller, consumer, [-2]);
    await settle();
    await advance(1_000);
    const order = consumer.batches.map(([first = 0]) => first);
    expect(order.indexOf(-1)).toBe(3);
    expect(order.indexOf(-2)).toBe(7);
  });

  it('is not sent during a drain or after a close, and its items stay spilled', async () => {
    const { consumer, controller, metrics } = overflowing();
    controller.start();
    const flying = readmitAdopted(controller, consumer, [1, 2]);
    await settle();
    const waiting = readmitAdopted(controller, consumer, [3]);
    const closed = controller.close({ timeoutMs: 1_000 });
    await advance(1_100);
    expect(await closed).toMatchObject({ flushed: 0, failed: 0 });
    expect([await flying, await waiting, await controller.readmit(replayOf(consumer, [4]))]).toEqual([
      { kind: 'kept' },
      { kind: 'kept' },
      { kind: 'kept' },
    ]);
    expect(consumer.last.signal.aborted).toBe(true);
    expect(metrics()).toMatchObject({ eventsAccepted: 3, eventsSpilled: 3, eventsDropped: 0 });
  });

  it('is not waited for by a flush', async () => {
    const { consumer, controller } = overflowing({ maxConcurrentFlushes: 2 });
    controller.start();
    void readmitAdopted(controller, consumer, [1]);
    await settle();
    controller.tryPush(2);
    const flushed = controller.flush();
    await settle();
    consumer.last.answer();
    await settle();
    expect(await flushed).toBe(true);
    controller.giveUp();
  });

  it('that fails while others are delivered does not open the circuit', async () => {
    const { consumer, controller, metrics } = overflowing({ maxConcurrentFlushes: 4, batchSize: 1 });
    consumer.onFlush = (flush) => flush.answer(flush.items.includes(-1) ? retry : delivered);
    controller.start();
    for (const item of numbers(1, 200)) {
      controller.tryPush(item);
      if (item === 2) controller.adopt(1);
      if (item % 2 === 0) void controller.readmit(replayOf(consumer, [-1])).catch(() => {});
      await advance(50);
    }
    expect(metrics()).toMatchObject({ eventsFlushed: 200, circuit: 'closed' });
    controller.giveUp();
  });

  it.each<[string, Partial<Replay>, string]>([
    ['no items', { items: 0 }, 'items of a replay must be a whole number of at least 1, got 0'],
    ['a size that is not a number', { bytes: NaN }, 'bytes of a replay must be a finite number of at least 0, got NaN'],
    ['no function that sends it', { send: undefined as never }, 'send of a replay must be a function, got undefined'],
    [
      'more items than may be held',
      { items: 101 },
      'a replay of 101 items and 0 bytes exceeds the bounds of the controller',
    ],
  ])('with %s is refused', async (_, part, message) => {
    const { consumer, controller } = overflowing();
    await expect(controller.readmit({ ...replayOf(consumer, [1]), ...part })).rejects.toThrow(message);
  });

  it('that the overflow has given up is counted with its reason', () => {
    const { controller, metrics } = overflowing();
    for (const item of numbers(1, 101)) controller.tryPush(item);
    controller.discardSpilled('expired', 4);
    expect(metrics()).toMatchObject({ eventsSpilled: 6, eventsEvicted: 4, eventsDropped: 4 });
    expect(metrics().droppedByReason.expired).toBe(4);
  });
});
