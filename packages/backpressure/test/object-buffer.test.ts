import { describe, expect, it } from 'vitest';
import { admissionTo, ObjectBuffer } from '../src/index.ts';
import { describeBatchBuffer } from './batch-buffer-contract.ts';
import { describeByteCountingBuffer } from './byte-counting-contract.ts';
import { numbers } from './held-consumer.ts';

interface Sized {
  readonly id: number;
  readonly bytes: number;
}

const sized = {
  itemOf: (id: number, bytes: number): Sized => ({ id, bytes }),
  idsOf: (batch: Sized[]): number[] => batch.map(({ id }) => id),
};

const unencodable: Sized = { id: 0, bytes: 0 };

describeByteCountingBuffer('ObjectBuffer with sizeOf', () => ({
  ...sized,
  buffer: new ObjectBuffer<Sized>((item) => {
    if (item === unencodable) throw new Error('unencodable');
    return item.bytes;
  }),
  countsBytes: true,
  unencodable,
}));

describeBatchBuffer('ObjectBuffer without sizeOf', () => ({
  ...sized,
  buffer: new ObjectBuffer<Sized>(),
  countsBytes: false,
}));

describe('ObjectBuffer', () => {
  it.each([Number.NaN, -1, Infinity, '5', undefined])('refuses a size of %s, and is unchanged', (size) => {
    const buffer = new ObjectBuffer<number>((item) => (item === 2 ? (size as number) : 1));
    buffer.push(1, admissionTo(0));
    expect(() => buffer.push(2, admissionTo(0))).toThrow(`sizeOf must return bytes from 0, got ${String(size)}`);
    expect([buffer.size, buffer.laneSize(0)]).toEqual([1, 1]);
    expect(buffer.take(10, 10)).toEqual([1]);
  });

  it('puts back a batch that the consumer has emptied, reversed or overwritten', () => {
    const buffer = new ObjectBuffer<number>();
    for (const item of numbers(1, 6)) buffer.push(item, admissionTo(0));
    const emptied = buffer.take(2, Infinity);
    const overwritten = buffer.take(2, Infinity);
    emptied.length = 0;
    overwritten.reverse();
    overwritten.push(99);
    expect([buffer.countOf(emptied), buffer.countOf(overwritten)]).toEqual([2, 2]);
    buffer.putBack(overwritten);
    buffer.putBack(emptied);
    expect(buffer.take(10, Infinity)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('keeps the order if a part of a batch that came back is taken and comes back again', () => {
    const buffer = new ObjectBuffer<number>();
    for (const item of numbers(1, 10)) buffer.push(item, admissionTo(0));
    buffer.putBack(buffer.take(10, Infinity));
    const half = buffer.take(5, Infinity);
    expect(half).toEqual([1, 2, 3, 4, 5]);
    buffer.putBack(half);
    expect(buffer.take(10, Infinity)).toEqual(numbers(1, 10));
  });

  it('sends an item above the limit of bytes alone, without the items of 0 bytes behind it', () => {
    const bytes = [100, 0, 0, 3];
    const buffer = new ObjectBuffer<number>((item) => bytes[item] as number);
    for (const item of numbers(0, 3)) buffer.push(item, admissionTo(0));
    expect(buffer.take(10, 50)).toEqual([0]);
    expect(buffer.take(10, 50)).toEqual([1, 2, 3]);
  });

  it('ignores a batch that it has not handed out, or that has already settled', () => {
    const buffer = new ObjectBuffer<number>();
    buffer.push(1, admissionTo(0));
    const batch = buffer.take(1, Infinity);
    buffer.release(batch);
    buffer.putBack(batch);
    buffer.putBack([2, 3]);
    expect([buffer.size, buffer.countOf(batch), buffer.bytesOf([2, 3])]).toEqual([0, 0, 0]);
  });
});
