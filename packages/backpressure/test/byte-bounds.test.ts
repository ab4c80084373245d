import type { Admission } from '../src/index.ts';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BackpressureController, MemoryBudget, ObjectBuffer } from '../src/index.ts';
import { advance, resetClock, settle } from './fake-clock.ts';
import { HeldConsumer, numbers, retry } from './held-consumer.ts';
import { lawfulController } from './lawful-controller.ts';

vi.mock('../src/clock.ts', () => import('./fake-clock.ts'));
beforeEach(resetClock);

/** Each item is its own size. */
function measured(config: Parameters<typeof lawfulController<number>>[1] = {}) {
  const consumer = new HeldConsumer<number>();
  const controller = lawfulController(consumer.flush, { maxBufferBytes: 100, sizeOf: (item) => item, ...config });
  return { consumer, controller, metrics: () => controller.getMetrics() };
}

describe('a bound on bytes', () => {
  it('counts held items, whether queued, in flight or put back, until they settle', async () => {
    const { consumer, controller, metrics } = measured({ batchSize: 1 });
    controller.tryPush(30);
    controller.tryPush(20);
    expect(metrics()).toMatchObject({ bufferBytes: 50, bufferUtilization: 0.5, state: 'elevated' });
    controller.start();
    await settle();
    expect(metrics()).toMatchObject({ bufferBytes: 50, inFlight: 1 });
    consumer.last.answer(retry);
    await settle();
    expect(metrics()).toMatchObject({ bufferBytes: 50, inFlight: 0 });
    await advance(100);
    consumer.last.answer();
    await settle();
    expect(metrics().bufferBytes).toBe(20);
  });

  it('evicts as many of the oldest items as a new item needs', () => {
    const { controller, metrics } = measured();
    for (const item of [30, 30, 30]) controller.tryPush(item);
    expect(controller.tryPush(50)).toBe(true);
    expect(metrics()).toMatchObject({ bufferBytes: 80, bufferSize: 2, eventsEvicted: 2 });
  });

  it('can be filled exactly', () => {
    const { controller, metrics } = measured();
    for (const item of [60, 40]) controller.tryPush(item);
    expect(metrics()).toMatchObject({ bufferBytes: 100, eventsEvicted: 0, state: 'blocked' });
  });

  it.each([
    ['maxBufferBytes', {}, 101],
    ['maxBatchBytes', { maxBatchBytes: 40 }, 41],
    ['maxItemBytes', { maxItemBytes: 40 }, 41],
  ])('refuses an item above %s immediately as too large, and nothing is given up for it', (_, config, item) => {
    const { controller, metrics } = measured(config);
    controller.tryPush(35);
    expect(controller.tryPush(item)).toBe(false);
    expect(metrics()).toMatchObject({ bufferSize: 1, bufferBytes: 35, eventsEvicted: 0 });
    expect(metrics().droppedByReason.too_large).toBe(1);
  });

  it.each([
    ['maxBufferBytes', {}, 100],
    ['maxBatchBytes', { maxBatchBytes: 40 }, 40],
    ['maxItemBytes', { maxItemBytes: 40 }, 40],
  ])('lets in an item that is as large as %s allows', (_, config, item) => {
    const { controller } = measured(config);
    expect(controller.tryPush(item)).toBe(true);
  });

  it('gives up all queued items for an item that fits exactly into the room left by those in flight', async () => {
    const { controller, metrics } = measured({ batchSize: 1 });
    controller.start();
    controller.tryPush(40);
    await settle();
    for (const item of [10, 20]) controller.tryPush(item);
    expect(controller.tryPush(60)).toBe(true);
    expect(metrics()).toMatchObject({ bufferBytes: 100, bufferSize: 1, inFlight: 1, eventsEvicted: 2 });
  });

  it('counts all items of lower lanes as room for a higher lane, and with drop_newest no items of its own lane', () => {
    const { controller, metrics } = measured({ strategy: 'drop_newest', priorityOf: (item) => (item < 50 ? 0 : 1) });
    for (const item of [30, 10, 50]) controller.tryPush(item);
    expect(controller.tryPush(60)).toBe(false);
    expect(metrics()).toMatchObject({ bufferSize: 3, eventsEvicted: 0 });
    expect(controller.tryPush(50)).toBe(true);
    expect(metrics()).toMatchObject({ bufferBytes: 100, eventsEvicted: 2 });
  });

  it.each(['drop_oldest', 'drop_newest', 'sample'] as const)(
    'gives nothing up in vain if items in flight leave too little room (%s)',
    async (strategy) => {
      const { controller, metrics } = measured({
        strategy,
        sampleRate: 1,
        batchSize: 1,
        priorityOf: (item) => (item === 20 ? 1 : 0),
      });
      controller.start();
      controller.tryPush(90);
      await settle();
      for (const item of [1, 2, 3]) controller.tryPush(item);
      expect(controller.tryPush(20)).toBe(false);
      expect(metrics()).toMatchObject({ bufferSize: 3, inFlight: 1, bufferBytes: 96, eventsEvicted: 0 });
      expect(metrics().droppedByReason.queue_full).toBe(1);
    },
  );

  it.each(['drop_oldest', 'drop_newest', 'sample'] as const)(
    'gives nothing up in vain if items of higher lanes leave too little room (%s)',
    (strategy) => {
      const { controller, metrics } = measured({
        strategy,
        sampleRate: 1,
        priorityOf: (item) => (item === 90 ? 2 : item === 20 ? 1 : 0),
      });
      for (const item of [90, 1, 2, 3]) controller.tryPush(item);
      expect(controller.tryPush(20)).toBe(false);
      expect(metrics()).toMatchObject({ bufferSize: 4, bufferBytes: 96, eventsEvicted: 0 });
      expect(metrics().droppedByReason.queue_full).toBe(1);
    },
  );

  it('refuses an invalid maxItemBytes, or one without counted bytes', () => {
    expect(() => measured({ maxItemBytes: 0 })).toThrow(RangeError);
    expect(() => new BackpressureController(new HeldConsumer<number>().flush, { maxItemBytes: 10 })).toThrow(
      /maxItemBytes needs sizeOf/,
    );
  });

  it('limits a flush to maxBatchBytes, and a batch of that many bytes leaves immediately', async () => {
    const { consumer, controller } = measured({ maxBatchBytes: 50 });
    controller.start();
    for (const item of [20, 20]) controller.tryPush(item);
    await settle();
    expect(consumer.flushes).toHaveLength(0);
    controller.tryPush(20);
    await settle();
    expect(consumer.batches).toEqual([[20, 20]]);
  });

  it('makes a batch of batchBytes leave immediately, and sends a larger item alone', async () => {
    const { consumer, controller } = measured({ batchBytes: 50, maxConcurrentFlushes: 9 });
    controller.start();
    for (const item of [20, 20, 60]) controller.tryPush(item);
    await settle();
    expect(consumer.batches).toEqual([[20, 20], [60]]);
    expect(controller.getMetrics()).toMatchObject({ eventsAccepted: 3, eventsRefused: 0 });
  });

  it('does not count items in flight towards a batch of batchBytes', async () => {
    const { consumer, controller } = measured({ batchBytes: 50, maxConcurrentFlushes: 9 });
    controller.start();
    controller.tryPush(50);
    await settle();
    controller.tryPush(20);
    await settle();
    expect(consumer.batches).toEqual([[50]]);
    await advance(100);
    expect(consumer.batches).toEqual([[50], [20]]);
  });

  it('refuses a batchBytes above maxBatchBytes', () => {
    expect(() => measured({ batchBytes: 51, maxBatchBytes: 50 })).toThrow(
      /batchBytes \(51\) must not be above maxBatchBytes \(50\)/,
    );
  });

  it('makes producers wait for bytes with strategy block', async () => {
    const { consumer, controller } = measured({ strategy: 'block', batchSize: 1 });
    controller.start();
    expect(await controller.push(80)).toBe(true);
    const waiting = controller.push(30);
    await settle();
    expect(controller.getMetrics()).toMatchObject({ bufferBytes: 80, eventsOffered: 1 });
    consumer.last.answer();
    expect(await waiting).toBe(true);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('cyclic');
      },
    ],
    [
      'throws null',
      () => {
        throw null as unknown;
      },
    ],
    [
      'throws a string',
      () => {
        throw 'cyclic' as unknown;
      },
    ],
    ['returns NaN', () => Number.NaN],
    ['returns less than 0', () => -1],
    ['returns Infinity', () => Infinity],
    ['returns a string', () => '5' as unknown as number],
  ])('loses an item for which sizeOf %s, and no other item', (_, sizeOf) => {
    const { controller, metrics } = measured({ sizeOf: (item) => (item === 13 ? sizeOf() : item) });
    expect([12, 13, 14].map((item) => controller.tryPush(item))).toEqual([true, false, true]);
    expect(metrics()).toMatchObject({ bufferSize: 2, bufferBytes: 26 });
    expect(metrics().droppedByReason.unencodable).toBe(1);
  });

  it('counts an item as too large if the buffer says so', () => {
    const buffer = new ObjectBuffer<number>(() => {
      throw Object.assign(new Error('above the segment'), { name: 'ItemTooLargeError' });
    });
    const { controller, metrics } = measured({ buffer });
    expect(controller.tryPush(1)).toBe(false);
    expect(metrics().droppedByReason).toMatchObject({ too_large: 1, unencodable: 0 });
  });

  it('lets the state fall immediately after a large item was given up for a small one', () => {
    const { controller, metrics } = measured();
    controller.tryPush(90);
    expect(metrics().state).toBe('critical');
    controller.tryPush(20);
    expect(metrics()).toMatchObject({ bufferBytes: 20, state: 'normal' });
  });

  it('does not count bytes without sizeOf', () => {
    const controller = lawfulController<number>(async () => ({ kind: 'delivered' }));
    for (const item of numbers(1, 10)) controller.tryPush(item);
    expect(controller.getMetrics().bufferBytes).toBe(0);
  });
});

/**
 * Items of 1 byte share a header for each tens digit. A header has 10 bytes by default, and 10 more for items from 100
 * on.
 */
class HeaderBuffer extends ObjectBuffer<number> {
  readonly #held = new Map<number, number>();
  readonly #queue: number[] = [];

  readonly #headerBytes: number;

  constructor(headerBytes = 10) {
    super(() => 1);
    this.#headerBytes = headerBytes;
  }

  get sharedBytes(): number {
    let bytes = 0;
    for (const header of this.#held.keys()) bytes += header < 10 ? this.#headerBytes : this.#headerBytes + 10;
    return bytes;
  }

  override push(item: number, admission: Admission): number {
    const bytes = super.push(item, admission);
    this.#count(item, 1);
    this.#queue.push(item);
    return bytes;
  }

  override evict(end: 'oldest' | 'newest'): number {
    const item = end === 'oldest' ? this.#queue.shift() : this.#queue.pop();
    if (item !== undefined) this.#count(item, -1);
    return super.evict(end);
  }

  override undoPush(): void {
    this.#count(this.#queue.pop() as number, -1);
    super.undoPush();
  }

  override take(maxItems: number, maxBytes: number): number[] {
    const batch = super.take(maxItems, maxBytes);
    this.#queue.splice(0, batch.length);
    return batch;
  }

  override release(batch: number[]): void {
    for (const item of batch) this.#count(item, -1);
    super.release(batch);
  }

  #count(item: number, change: number): void {
    const header = Math.floor(item / 10);
    const held = (this.#held.get(header) ?? 0) + change;
    if (held === 0) this.#held.delete(header);
    else this.#held.set(header, held);
  }
}

describe('the shared bytes that a buffer keeps in addition to its items', () => {
  const withHeaders = (config: Parameters<typeof lawfulController<number>>[1] = {}) => {
    const consumer = new HeldConsumer<number>();
    const controller = lawfulController(consumer.flush, { buffer: new HeaderBuffer(), batchSize: 10, ...config });
    return { consumer, controller, metrics: () => controller.getMetrics() };
  };

  it('evict no other item in vain if the new item has brought more of them than fit', () => {
    const { controller, metrics } = withHeaders({ maxBufferBytes: 50, batchSize: 3, buffer: new HeaderBuffer(40) });
    for (const item of [1, 2, 3, 4]) expect(controller.tryPush(item)).toBe(true);
    expect(metrics().bufferBytes).toBe(44);
    // Its own header has 50 bytes, so that it would not fit even if all other items were evicted.
    expect(controller.tryPush(500)).toBe(false);
    expect(metrics()).toMatchObject({ bufferSize: 4, eventsEvicted: 0, eventsRefused: 1, bufferBytes: 44 });
  });

  it('count against the bound until the last item that needs them has settled', async () => {
    const { consumer, controller, metrics } = withHeaders({ maxBufferBytes: 100, maxBatchSize: 10, batchSize: 3 });
    for (const item of [1, 2, 11]) controller.tryPush(item);
    expect(metrics()).toMatchObject({ bufferBytes: 23, bufferUtilization: 0.23 });
    controller.start();
    await settle();
    controller.tryPush(3);
    expect(metrics()).toMatchObject({ bufferBytes: 24, inFlight: 3 });
    consumer.last.answer();
    await settle();
    expect(metrics().bufferBytes).toBe(11);
  });

  it('evict items to make room for themselves, until enough of them are gone with the items', () => {
    const { controller, metrics } = withHeaders({ maxBufferBytes: 40 });
    for (const item of [1, 2, 11, 21]) controller.tryPush(item);
    expect(metrics()).toMatchObject({ bufferBytes: 34, eventsEvicted: 0 });
    expect(controller.tryPush(31)).toBe(true);
    expect(metrics()).toMatchObject({ bufferBytes: 33, eventsEvicted: 2, bufferSize: 3 });
  });

  it('make the newest item be refused with drop_newest, and none of its bytes stay', () => {
    const { controller, metrics } = withHeaders({ maxBufferBytes: 40, strategy: 'drop_newest' });
    for (const item of [1, 11, 21]) controller.tryPush(item);
    expect(controller.tryPush(31)).toBe(false);
    expect(metrics()).toMatchObject({ bufferBytes: 33, bufferSize: 3 });
    expect(controller.tryPush(2)).toBe(true);
  });

  it('count against a shared budget, and are given back to it', async () => {
    const memoryBudget = new MemoryBudget(200);
    const { consumer, controller } = withHeaders({ memoryBudget, batchSize: 2 });
    controller.start();
    for (const item of [1, 11]) controller.tryPush(item);
    expect(memoryBudget.usedBytes).toBe(22);
    await settle();
    consumer.last.answer();
    await settle();
    expect(memoryBudget.usedBytes).toBe(0);
  });

  it('do not make a batch full if its items have few bytes', async () => {
    const { consumer, controller } = withHeaders({ batchBytes: 20 });
    controller.start();
    for (const item of [1, 11, 21]) controller.tryPush(item);
    await settle();
    expect(consumer.flushes).toHaveLength(0);
  });
});
