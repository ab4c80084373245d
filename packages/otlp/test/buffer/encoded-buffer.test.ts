import { admissionTo } from '@spillway/backpressure';
import { describe, expect, it } from 'vitest';
import type { EncodedBatch } from '../../src/buffer/encoded-batch.ts';
import { EncodedBuffer } from '../../src/buffer/encoded-buffer.ts';
import { isItemTooLargeError } from '../../src/buffer/item-too-large-error.ts';
import { idsOf, type SampleItem, sampleEncoder } from './sample-items.ts';

const KIB = 1024;

function createBuffer(maxItemBytes?: number): EncodedBuffer<SampleItem> {
  return new EncodedBuffer({ encoder: sampleEncoder, maxItemBytes });
}

function pushMany(buffer: EncodedBuffer<SampleItem>, count: number, bytes = 100): number {
  let total = 0;
  for (let id = 0; id < count; id += 1) total += buffer.push({ id, bytes }, admissionTo(0));
  return total;
}

function takeAll(buffer: EncodedBuffer<SampleItem>): EncodedBatch {
  return buffer.take(Infinity, Infinity);
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('items of EncodedBuffer', () => {
  it('are kept as exactly the bytes that the encoder wrote', () => {
    const buffer = createBuffer();
    expect(buffer.push({ id: 1, bytes: 300 }, admissionTo(0))).toBe(300);
    const batch = takeAll(buffer);
    expect([batch.itemCount, batch.byteLength, batch.runs.length]).toEqual([1, 300, 1]);
    expect(idsOf(batch)).toEqual([1]);
  });

  it('are taken back only directly after they were pushed', () => {
    const buffer = createBuffer();
    expect(() => buffer.undoPush()).toThrow('undoPush is valid only directly after push');
    pushMany(buffer, 2);
    buffer.undoPush();
    expect(() => buffer.undoPush()).toThrow('undoPush is valid only directly after push');
    expect(idsOf(takeAll(buffer))).toEqual([0]);
  });

  it('are accepted up to the limit, and refused one byte above it', () => {
    const buffer = createBuffer(500);
    expect(buffer.push({ id: 0, bytes: 500 }, admissionTo(0))).toBe(500);
    const error = errorOf(() => buffer.push({ id: 1, bytes: 501 }, admissionTo(0)));
    expect(isItemTooLargeError(error) && [error.byteLength, error.maxItemBytes]).toEqual([501, 500]);
    buffer.push({ id: 2, bytes: 100 }, admissionTo(0));
    expect(idsOf(takeAll(buffer))).toEqual([0, 2]);
  });

  it('that are far above the limit are refused early, without the memory that they would need', () => {
    const buffer = createBuffer(100 * KIB);
    const error = errorOf(() => buffer.push({ id: 0, bytes: 1024 ** 3 }, admissionTo(0)));
    expect(isItemTooLargeError(error) && error.byteLength).toBeLessThan(110 * KIB);
    expect(buffer.memoryBytes).toBeLessThan(100 * KIB);
    expect(buffer.size).toBe(0);
  });

  it('leave no memory behind when they cannot be encoded', () => {
    const buffer = createBuffer();
    const bytes = pushMany(buffer, 1000);
    const before = buffer.memoryBytes;
    for (let id = 0; id < 1000; id += 1) {
      const onEncode = () => {
        throw new Error('cannot be encoded');
      };
      expect(() => buffer.push({ id, bytes: 100, onEncode }, admissionTo(0))).toThrow('cannot be encoded');
    }
    expect(buffer.memoryBytes).toBe(before);
    expect(takeAll(buffer).byteLength).toBe(bytes);
  });

  it('cannot be pushed while another one is being encoded, and the other one is unharmed', () => {
    const buffer = createBuffer();
    let inner: unknown;
    const onEncode = () => {
      inner = errorOf(() => buffer.push({ id: 9, bytes: 50 }, admissionTo(0)));
    };
    buffer.push({ id: 0, bytes: 100, onEncode }, admissionTo(0));
    buffer.push({ id: 1, bytes: 100 }, admissionTo(0));
    expect(inner).toBeInstanceOf(Error);
    expect(idsOf(takeAll(buffer))).toEqual([0, 1]);
  });

  it('are unharmed if items before them leave while they are being encoded', () => {
    const ways: ((buffer: EncodedBuffer<SampleItem>) => void)[] = [
      (buffer) => buffer.release(takeAll(buffer)),
      (buffer) => [0, 1, 2].forEach(() => buffer.evict('newest')),
      (buffer) => [0, 1, 2].forEach(() => buffer.evict('oldest')),
    ];
    for (const leave of ways) {
      const buffer = createBuffer();
      pushMany(buffer, 3);
      buffer.push({ id: 3, bytes: 100, onEncode: () => leave(buffer) }, admissionTo(0));
      buffer.push({ id: 4, bytes: 100 }, admissionTo(0));
      expect(idsOf(takeAll(buffer))).toEqual([3, 4]);
    }
  });

  it('of any size are stored in one piece, and in order', () => {
    const buffer = createBuffer();
    const sizes = [10, 5_000, 20_000, 10, 130_000, 131_072, 131_073, 10, 3_000_000, 17_000, 16_000];
    for (const [id, bytes] of sizes.entries()) expect(buffer.push({ id, bytes }, admissionTo(0))).toBe(bytes);
    expect(idsOf(takeAll(buffer))).toEqual([...sizes.keys()]);
  });

  it('are accepted only in a lane that is a small whole number', () => {
    for (const lane of [-1, 0.5, NaN, 256, Infinity]) {
      expect(() => createBuffer().push({ id: 0, bytes: 50 }, { lane })).toThrow(RangeError);
    }
    expect(createBuffer().push({ id: 0, bytes: 50 }, { lane: 255 })).toBe(50);
  });
});

describe('options of EncodedBuffer', () => {
  it('are refused if they make no sense', () => {
    expect(() => createBuffer(0)).toThrow('maxItemBytes must be at least 1, got 0');
    expect(() => createBuffer(NaN)).toThrow('maxItemBytes must be at least 1, got NaN');
  });

  it('include the clock that tells when items were first taken', () => {
    let time = 1_000;
    const buffer = new EncodedBuffer({ encoder: sampleEncoder, now: () => time });
    pushMany(buffer, 4);
    const first = buffer.take(1, Infinity);
    time = 2_000;
    const second = buffer.take(1, Infinity);
    expect([first.firstTakenAt, second.firstTakenAt]).toEqual([1_000, 2_000]);
    buffer.putBack(second);
    buffer.putBack(first);
    time = 3_000;
    expect(takeAll(buffer).firstTakenAt).toBe(1_000);
  });
});

describe('runs of EncodedBuffer', () => {
  it('are not mixed up if an item comes while the items before it, of its own segment, are out', () => {
    const buffer = createBuffer();
    // The first segment has room for four of these, and the second one for more.
    pushMany(buffer, 8, 1_000);
    const [first, second] = [buffer.take(4, Infinity), buffer.take(4, Infinity)];
    buffer.putBack(first);
    buffer.push({ id: 8, bytes: 1_000 }, admissionTo(0));
    expect(idsOf(takeAll(buffer))).toEqual([0, 1, 2, 3, 8]);
    buffer.putBack(second);
    expect(idsOf(takeAll(buffer))).toEqual([4, 5, 6, 7]);
  });

  it('are merged when they are put back, so that failed attempts leave no fragments', () => {
    const buffer = createBuffer();
    pushMany(buffer, 20_000);
    const whole = takeAll(buffer);
    const runs = whole.runs.length;
    buffer.putBack(whole);
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const batches = Array.from({ length: 50 }, () => buffer.take(300 + attempt, Infinity));
      for (const batch of attempt % 2 === 0 ? batches : batches.toReversed()) buffer.putBack(batch);
    }
    const again = takeAll(buffer);
    expect(again.runs.length).toBe(runs);
    expect(idsOf(again)).toEqual(idsOf(whole));
  });
});
