import { admissionTo } from '../src/index.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BatchBuffer } from '../src/batch-buffer.ts';
import { BatchBufferModel } from './batch-buffer-model.ts';

/** A buffer under test, and how to make and recognise its items. */
export interface BatchBufferSubject<Item, Batch> {
  readonly buffer: BatchBuffer<Item, Batch>;
  /** An item that is recognised by its id, and occupies about that many bytes if bytes are counted. */
  itemOf(id: number, bytes: number): Item;
  /** The ids of a batch's items, in order. */
  idsOf(batch: Batch): number[];
  /** Whether `push` returns bytes. */
  readonly countsBytes: boolean;
}

/** What every {@link BatchBuffer} must do. */
export function describeBatchBuffer<Item, Batch>(name: string, create: () => BatchBufferSubject<Item, Batch>): void {
  describe(`${name} as a batch buffer`, () => {
    let subject: BatchBufferSubject<Item, Batch>;
    let buffer: BatchBuffer<Item, Batch>;
    const push = (id: number, lane = 0, bytes = 50) => buffer.push(subject.itemOf(id, bytes), admissionTo(lane));
    const take = (maxItems = Infinity, maxBytes = Infinity) => buffer.take(maxItems, maxBytes);
    const takeIds = (maxItems = Infinity, maxBytes = Infinity) => subject.idsOf(take(maxItems, maxBytes));

    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['performance'] });
      subject = create();
      buffer = subject.buffer;
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it('is empty at first', () => {
      expect([buffer.size, buffer.lowestLane, buffer.laneSize(0), buffer.laneSize(7), buffer.laneBytes(7)]).toEqual([
        0,
        Infinity,
        0,
        0,
        0,
      ]);
      expect(takeIds()).toEqual([]);
      expect([buffer.evict('oldest'), buffer.evict('newest'), buffer.size]).toEqual([0, 0, 0]);
      expect(buffer.evictTakenBefore(Infinity)).toEqual({ items: 0, bytes: 0 });
    });

    it('gives items back in the order in which they came', () => {
      for (let id = 0; id < 1000; id += 1) push(id);
      const taken = [...takeIds(1), ...takeIds(300), ...takeIds(300), ...takeIds()];
      expect(taken).toEqual(range(0, 1000));
    });

    it('takes the highest lane first, and lower lanes to fill the batch', () => {
      for (let id = 0; id < 9; id += 1) push(id, id % 3);
      expect(takeIds(4)).toEqual([2, 5, 8, 1]);
      expect(takeIds()).toEqual([4, 7, 0, 3, 6]);
    });

    it('counts the items that are queued in each lane, and not those that are out', () => {
      for (let id = 0; id < 9; id += 1) push(id, id % 3);
      expect([buffer.size, buffer.laneSize(0), buffer.laneSize(2), buffer.laneSize(3)]).toEqual([9, 3, 3, 0]);
      const batch = take(5);
      expect([buffer.size, buffer.laneSize(2), buffer.laneSize(1), buffer.lowestLane]).toEqual([4, 0, 1, 0]);
      buffer.putBack(batch);
      expect([buffer.size, buffer.laneSize(2), buffer.laneSize(1)]).toEqual([9, 3, 3]);
    });

    it('knows the lowest lane that has an item', () => {
      push(0, 5);
      expect(buffer.lowestLane).toBe(5);
      push(1, 2);
      expect(buffer.lowestLane).toBe(2);
      buffer.evict('oldest');
      expect(buffer.lowestLane).toBe(5);
      take();
      expect(buffer.lowestLane).toBe(Infinity);
    });

    it('takes at least one item whatever the limits are, and none if it is empty', () => {
      push(0);
      push(1);
      push(2);
      expect(takeIds(0, Infinity)).toEqual([0]);
      expect(takeIds(10, 0)).toEqual(subject.countsBytes ? [1] : [1, 2]);
    });

    it('returns the bytes of each item, and their sum for a batch', () => {
      const bytes = range(0, 20).map((id) => push(id, id % 2, 30 + id));
      const batch = take(20);
      expect(buffer.bytesOf(batch)).toBe(sum(bytes));
      expect(bytes.every((count) => (subject.countsBytes ? count >= 30 : count === 0))).toBe(true);
    });

    it('puts batches back in their old places, in whatever order they come back', () => {
      const orders = [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [2, 0, 3, 1],
        [1, 3, 0, 2],
      ];
      for (let id = 0; id < 50; id += 1) push(id, id % 2);
      const expected = takeAll();
      for (const order of orders) {
        const batches = [take(5), take(20), take(1), take(15)];
        for (const index of order) buffer.putBack(batches[index] as Batch);
        expect(buffer.size).toBe(50);
        expect(takeAll()).toEqual(expected);
      }

      function takeAll(): number[] {
        const batch = take();
        const ids = subject.idsOf(batch);
        buffer.putBack(batch);
        return ids;
      }
    });

    it('puts a batch back before the items that were pushed while it was out', () => {
      for (let id = 0; id < 6; id += 1) push(id);
      const batch = take(4);
      for (let id = 6; id < 9; id += 1) push(id);
      buffer.putBack(batch);
      expect(takeIds()).toEqual(range(0, 9));
    });

    it('keeps the rest in order after batches in between were released', () => {
      for (let id = 0; id < 12; id += 1) push(id);
      const [first, second, third] = [take(3), take(3), take(3)];
      buffer.release(second);
      buffer.putBack(third);
      buffer.putBack(first);
      expect(takeIds()).toEqual([0, 1, 2, 6, 7, 8, 9, 10, 11]);
    });

    it('lets a batch settle once', () => {
      for (let id = 0; id < 6; id += 1) push(id);
      const [first, second] = [take(2), take(2)];
      buffer.putBack(first);
      buffer.putBack(first);
      buffer.release(first);
      buffer.release(second);
      buffer.putBack(second);
      expect(buffer.size).toBe(4);
      expect(takeIds()).toEqual([0, 1, 4, 5]);
    });

    it('splits a batch in two halves that settle on their own, each at its old place', () => {
      const bytes = range(0, 9).map((id) => push(id, id % 2, 30 + id));
      const batch = take(7);
      const [first, rest] = buffer.split(batch);
      expect([subject.idsOf(first), subject.idsOf(rest)]).toEqual([
        [1, 3, 5],
        [7, 0, 2, 4],
      ]);
      expect([buffer.countOf(first), buffer.countOf(rest), buffer.size]).toEqual([3, 4, 2]);
      expect(buffer.bytesOf(first)).toBe(sum([1, 3, 5].map((id) => bytes[id] as number)));
      expect(buffer.bytesOf(rest)).toBe(sum([7, 0, 2, 4].map((id) => bytes[id] as number)));
      buffer.putBack(batch);
      expect(buffer.size, 'the batch that was split has settled').toBe(2);
      buffer.putBack(rest);
      buffer.release(first);
      expect(takeIds()).toEqual([7, 0, 2, 4, 6, 8]);
    });

    it('splits a batch down to single items', () => {
      for (let id = 0; id < 5; id += 1) push(id);
      const split = (batch: Batch): Batch[] =>
        buffer.countOf(batch) < 2 ? [batch] : buffer.split(batch).flatMap(split);
      const singles = split(take());
      expect(singles.map((batch) => subject.idsOf(batch))).toEqual([[0], [1], [2], [3], [4]]);
      for (const single of singles.toReversed()) buffer.putBack(single);
      expect(takeIds()).toEqual(range(0, 5));
    });

    it('knows when the item of a batch that has been tried for longest was first taken, even after a split', () => {
      for (let id = 0; id < 6; id += 1) push(id);
      const start = performance.now();
      buffer.putBack(take(2));
      vi.advanceTimersByTime(100);
      const batch = take(6);
      expect(buffer.firstTakenAt(batch)).toBe(start);
      const [first, rest] = buffer.split(batch);
      expect([buffer.firstTakenAt(first), buffer.firstTakenAt(rest)]).toEqual([start, start + 100]);
      buffer.putBack(rest);
      expect(buffer.evictTakenBefore(start + 100).items).toBe(0);
      buffer.putBack(first);
      expect(buffer.evictTakenBefore(start + 100).items).toBe(2);
    });

    it('evicts the oldest or the newest item of the lowest lane', () => {
      for (let id = 0; id < 8; id += 1) push(id, id < 3 ? 1 : 0);
      buffer.evict('oldest');
      buffer.evict('newest');
      expect(buffer.size).toBe(6);
      for (let count = 0; count < 3; count += 1) buffer.evict('newest');
      buffer.evict('newest');
      expect(takeIds()).toEqual([0, 1]);
    });

    it('evicts an item that was put back like any other', () => {
      for (let id = 0; id < 6; id += 1) push(id);
      buffer.putBack(take(2));
      buffer.evict('oldest');
      const batch = take(3);
      buffer.evict('newest');
      buffer.evict('newest');
      buffer.putBack(batch);
      buffer.evict('newest');
      push(6);
      expect(takeIds()).toEqual([1, 2, 6]);
    });

    it('returns the bytes that an eviction has freed', () => {
      const [first, second, third] = [push(0, 0, 40), push(1, 0, 60), push(2, 0, 80)];
      expect(buffer.evict('newest')).toBe(third);
      expect(buffer.evict('oldest')).toBe(first);
      expect(buffer.evict('oldest')).toBe(second);
    });

    it('undoes the last push', () => {
      push(0);
      push(1, 3);
      buffer.undoPush();
      expect([buffer.size, buffer.lowestLane, buffer.laneSize(3)]).toEqual([1, 0, 0]);
      push(2);
      buffer.undoPush();
      push(3);
      expect(takeIds()).toEqual([0, 3]);
    });

    it('evicts items that were first taken before a moment, however often they were taken since', () => {
      for (let id = 0; id < 9; id += 1) push(id, id % 3);
      const start = performance.now();
      const early = take(4);
      vi.advanceTimersByTime(100);
      const late = take(2);
      buffer.putBack(early);
      buffer.putBack(late);
      vi.advanceTimersByTime(100);
      buffer.putBack(take(6));
      expect(buffer.evictTakenBefore(start)).toEqual({ items: 0, bytes: 0 });
      expect(buffer.evictTakenBefore(start + 1).items).toBe(4);
      expect(buffer.size).toBe(5);
      expect(buffer.evictTakenBefore(start + 100).items).toBe(0);
      expect(buffer.evictTakenBefore(Infinity).items).toBe(2);
      expect(takeIds()).toEqual([0, 3, 6]);
    });

    it('does not count an item as taken if it has the room of one that was', () => {
      for (let id = 0; id < 4; id += 1) push(id);
      buffer.putBack(take(4));
      buffer.evict('newest');
      push(4);
      expect(buffer.evictTakenBefore(Infinity).items).toBe(3);
      expect(takeIds()).toEqual([4]);
    });

    it('remembers when each item was first taken, in however small batches it is taken again', () => {
      for (let id = 0; id < 20; id += 1) push(id);
      const start = performance.now();
      const batches = range(0, 10).map(() => {
        const batch = take(2);
        vi.advanceTimersByTime(10);
        return batch;
      });
      for (const batch of batches) buffer.putBack(batch);
      buffer.putBack(take(1));
      buffer.putBack(take(7));
      expect(buffer.evictTakenBefore(start + 55).items).toBe(12);
      expect(buffer.evictTakenBefore(start + 75).items).toBe(4);
      expect(buffer.evictTakenBefore(Infinity).items).toBe(4);
    });

    it('does not count an item as taken if it came after all others had left', () => {
      push(0);
      push(1);
      buffer.release(take());
      push(2);
      expect(buffer.evictTakenBefore(Infinity).items).toBe(0);
      expect(takeIds()).toEqual([2]);
    });

    it('does not evict items that are out', () => {
      push(0);
      push(1);
      const batch = take(1);
      vi.advanceTimersByTime(10);
      expect(buffer.evictTakenBefore(Infinity).items).toBe(0);
      buffer.evict('oldest');
      expect(buffer.size).toBe(0);
      buffer.putBack(batch);
      expect(takeIds()).toEqual([0]);
    });

    it('behaves like a few arrays, whatever is done to it', () => {
      fc.assert(
        fc.property(fc.array(stepArbitrary, { minLength: 1, maxLength: 120, size: 'max' }), (steps) => {
          const fresh = create();
          const model = new BatchBufferModel(fresh);
          for (const step of steps) model.apply(step);
          model.finish();
        }),
        { numRuns: 100 },
      );
    });
  });
}

const laneArbitrary = fc.integer({ min: 0, max: 3 });
const stepArbitrary = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('push' as const),
      lane: laneArbitrary,
      count: fc.integer({ min: 1, max: 20 }),
      bytes: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 20, max: 600 }) },
        { weight: 1, arbitrary: fc.integer({ min: 2_000, max: 300_000 }) },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      maxItems: fc.integer({ min: 0, max: 40 }),
      maxBytes: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 5_000 })),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('putBack' as const), batch: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), batch: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('split' as const), batch: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('evict' as const),
      end: fc.constantFrom('oldest' as const, 'newest' as const),
      count: fc.integer({ min: 1, max: 10 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('undoPush' as const), lane: laneArbitrary }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), millis: fc.integer({ min: 1, max: 50 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('evictTakenBefore' as const), age: fc.integer({ min: 0, max: 100 }) }),
  },
);

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
