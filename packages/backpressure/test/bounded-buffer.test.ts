import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { BoundedBuffer } from '../src/index.ts';
import { numbers } from './held-consumer.ts';

describe('BoundedBuffer', () => {
  it('hands items out in the order in which they came', () => {
    const buffer = new BoundedBuffer<number>(10);
    for (const item of numbers(1, 5)) expect(buffer.push(item)).toBe(true);
    expect(buffer.take(2)).toEqual([1, 2]);
    expect(buffer.take(10)).toEqual([3, 4, 5]);
    expect(buffer.take(1)).toEqual([]);
  });

  it('reports how full it is', () => {
    const buffer = new BoundedBuffer<string>(4);
    expect([buffer.size, buffer.capacity, buffer.utilization, buffer.isEmpty(), buffer.isFull()]).toEqual([
      0,
      4,
      0,
      true,
      false,
    ]);
    buffer.push('a');
    expect([buffer.size, buffer.capacity, buffer.utilization, buffer.isEmpty(), buffer.isFull()]).toEqual([
      1,
      4,
      0.25,
      false,
      false,
    ]);
    for (const item of ['b', 'c', 'd']) buffer.push(item);
    expect([buffer.size, buffer.capacity, buffer.utilization, buffer.isEmpty(), buffer.isFull()]).toEqual([
      4,
      4,
      1,
      false,
      true,
    ]);
  });

  it('refuses an item when it is full, and keeps the items that it has', () => {
    const buffer = new BoundedBuffer<number>(2);
    buffer.push(1);
    buffer.push(2);
    expect(buffer.push(3)).toBe(false);
    expect(buffer.clear()).toEqual([1, 2]);
  });

  it('evicts the oldest item for a new one only when it is full', () => {
    const buffer = new BoundedBuffer<number>(2);
    expect(buffer.pushWithEviction(1)).toBeNull();
    expect(buffer.pushWithEviction(2)).toBeNull();
    expect(buffer.pushWithEviction(3)).toBe(1);
    expect(buffer.pushWithEviction(4)).toBe(2);
    expect(buffer.size).toBe(2);
    expect(buffer.take(2)).toEqual([3, 4]);
  });

  it('can hold undefined and null as items', () => {
    const buffer = new BoundedBuffer<undefined | null>(2);
    buffer.push(undefined);
    buffer.push(null);
    expect(buffer.size).toBe(2);
    expect(buffer.pushWithEviction(undefined)).toBeUndefined();
    expect(buffer.take(2)).toEqual([null, undefined]);
  });

  it('gives everything back when it is cleared, and can be used again', () => {
    const buffer = new BoundedBuffer<number>(100);
    for (const item of numbers(1, 50)) buffer.push(item);
    buffer.take(20);
    expect(buffer.clear()).toEqual(numbers(21, 50));
    expect(buffer.isEmpty()).toBe(true);
    buffer.push(51);
    expect(buffer.peek()).toBe(51);
    expect(buffer.clear()).toEqual([51]);
  });

  it.each([0, -1, Number.NaN, -Infinity])('gives no items for a count of %s', (count) => {
    const buffer = new BoundedBuffer<number>(4);
    buffer.push(1);
    expect(buffer.take(count)).toEqual([]);
    expect(buffer.size).toBe(1);
  });

  it('gives all items for a count beyond its size, including Infinity', () => {
    const buffer = new BoundedBuffer<number>(4);
    for (const item of [1, 2, 3]) buffer.push(item);
    expect(buffer.take(2.9)).toEqual([1, 2]);
    expect(buffer.take(Infinity)).toEqual([3]);
  });

  it.each([0, -1, 1.5, Number.NaN, -Infinity, '10', undefined])(
    'refuses a capacity of %s, and the error names the value',
    (capacity) => {
      expect(() => new BoundedBuffer(capacity as number)).toThrow(RangeError);
      expect(() => new BoundedBuffer(capacity as number)).toThrow(
        `capacity must be a whole number of at least 1, got ${String(capacity)}`,
      );
    },
  );

  it('behaves like an array, wherever the ring begins and however often it grows', () => {
    type Step = (buffer: BoundedBuffer<number>, model: number[]) => { actual: unknown; expected: unknown };
    const step: fc.Arbitrary<Step> = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.nat().map((item): Step => (buffer, model) => {
          const hasRoom = model.length < buffer.capacity;
          if (hasRoom) model.push(item);
          return { actual: buffer.push(item), expected: hasRoom };
        }),
      },
      {
        weight: 2,
        arbitrary: fc.nat().map((item): Step => (buffer, model) => {
          const evicted = model.length === buffer.capacity ? model.shift() : null;
          model.push(item);
          return { actual: buffer.pushWithEviction(item), expected: evicted };
        }),
      },
      {
        weight: 2,
        arbitrary: fc.nat({ max: 40 }).map((count): Step => (buffer, model) => ({
          actual: buffer.take(count),
          expected: model.splice(0, count),
        })),
      },
      { weight: 1, arbitrary: fc.constant<Step>((buffer, model) => ({ actual: buffer.pop(), expected: model.pop() })) },
      {
        weight: 1,
        arbitrary: fc.constant<Step>((buffer, model) => ({ actual: buffer.shift(), expected: model.shift() })),
      },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.array(step, { maxLength: 300, size: 'max' }),
        (capacity, steps) => {
          const buffer = new BoundedBuffer<number>(capacity);
          const model: number[] = [];
          for (const take of steps) {
            const { actual, expected } = take(buffer, model);
            expect(actual).toEqual(expected);
            expect([buffer.size, buffer.peek()]).toEqual([model.length, model[0]]);
          }
          expect(buffer.clear()).toEqual(model);
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each(['shift', 'pop', 'take', 'clear', 'pushWithEviction'] as const)(
    'forgets the items that leave by %s',
    async (way) => {
      const buffer = new BoundedBuffer<object>(3);
      const gone = (() => {
        const items = [{}, {}, {}];
        for (const item of items) buffer.push(item);
        if (way === 'take') buffer.take(3);
        else if (way === 'pushWithEviction') for (let index = 0; index < 3; index += 1) buffer.pushWithEviction({});
        else for (let index = 0; index < 3; index += 1) buffer[way]();
        return items.map((item) => new WeakRef(item));
      })();
      await collected(gone);
      expect(gone.map((reference) => reference.deref())).toEqual([undefined, undefined, undefined]);
      expect(buffer.size).toBe(way === 'pushWithEviction' ? 3 : 0);
    },
  );

  it('takes no more time for an item among 200 000 than for one among 1 000', () => {
    const costOfItem = (size: number): number => {
      const buffer = new BoundedBuffer<number>(size);
      for (let item = 0; item < size; item += 1) buffer.push(item);
      const operations = 200_000;
      const start = process.hrtime.bigint();
      for (let item = 0; item < operations; item += 1) buffer.pushWithEviction(item);
      for (let item = 0; item < operations; item += 100) for (const taken of buffer.take(100)) buffer.push(taken);
      return Number(process.hrtime.bigint() - start) / operations;
    };
    costOfItem(1_000);
    // `shift()` and `splice(0, n)` on an array of this size take some hundred times as long.
    const few = Math.min(...[1, 2, 3].map(() => costOfItem(1_000)));
    const many = Math.min(...[1, 2, 3].map(() => costOfItem(200_000)));
    expect(many / few).toBeLessThan(20);
  });
});

/** Waits until the garbage collector has freed everything it can. Finalization runs between turns of the event loop. */
async function collected(references: readonly WeakRef<object>[]): Promise<void> {
  const collect = (globalThis as { gc?: () => void }).gc ?? (await exposedCollector());
  for (let attempt = 0; attempt < 20 && references.some((reference) => reference.deref() !== undefined); attempt += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
}

async function exposedCollector(): Promise<() => void> {
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([import('node:v8'), import('node:vm')]);
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
