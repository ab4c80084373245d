import { admissionTo } from '@spillway/backpressure';
import { describe, expect, it } from 'vitest';
import { EncodedBuffer } from '../../src/buffer/encoded-buffer.ts';
import { collectGarbage } from './collect-garbage.ts';
import { memoryInUse } from './memory-in-use.ts';
import { AttributeEncoder } from '../../src/encoding/attribute-encoder.ts';
import type { ProtobufWriter } from '../../src/protobuf/protobuf-writer.ts';
import { MarkedBuffer } from './marked-items.ts';
import { type SampleItem, sampleEncoder, sampleResource, sampleScope } from './sample-items.ts';

const KIB = 1024;
const SEGMENT_BYTES = 128 * KIB;
/** Tag of a repeated field. */
const TAG_ATTRIBUTES = 0x4a;
/** Segments kept for reuse, the open one, and the scratch. */
const FEW_SEGMENTS_BYTES = 18 * SEGMENT_BYTES;
/** Resources and scopes without items that are recognised when they come again, and their objects. */
const KEPT_SCOPES_BYTES = 5 * KIB * KIB;

/** Attributes of a typical application's resource: about 1 KiB. */
function attributesOf(id: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`resource.attribute.${index}`, `the value ${index} of ${id}`]),
  );
}

/** Items of a buffer that a test fills to look at its size. */
const FILLED = 20_000;

function filledBuffer(bytes: number): EncodedBuffer<SampleItem> {
  const buffer = createBuffer();
  for (let id = 0; id < FILLED; id += 1) buffer.push({ id, bytes }, admissionTo(0));
  return buffer;
}

function createBuffer(): EncodedBuffer<SampleItem> {
  return new EncodedBuffer({ encoder: sampleEncoder });
}

describe('memory of EncodedBuffer', () => {
  it('is the encoded size and at most 32 bytes for each item, off the JS heap', () => {
    const count = 200_000;
    const item: SampleItem = { id: 0, bytes: 400 };
    const buffer = createBuffer();
    buffer.push(item, admissionTo(0));
    buffer.undoPush();
    collectGarbage();
    const before = process.memoryUsage();
    for (let pushed = 0; pushed < count; pushed += 1) buffer.push(item, admissionTo(0));
    collectGarbage();
    const after = process.memoryUsage();
    expect(buffer.size).toBe(count);
    expect(buffer.memoryBytes).toBeGreaterThan(count * 400);
    expect(buffer.memoryBytes).toBeLessThan(count * (400 + 32) + SEGMENT_BYTES);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(count * (400 + 32) + SEGMENT_BYTES);
    // Some hundred segment objects: less than one reference for each item.
    expect(after.heapUsed - before.heapUsed).toBeLessThan(count * 8);
  });

  it('stays within the bound for small items, in several lanes', () => {
    const buffer = createBuffer();
    let bytes = 0;
    for (let id = 0; id < 30_000; id += 1) bytes += buffer.push({ id, bytes: 30 }, admissionTo(id % 3));
    expect(buffer.memoryBytes).toBeLessThan(bytes + 30_000 * 32 + 3 * SEGMENT_BYTES);
  });

  it('is allocated as it is needed', () => {
    const buffer = createBuffer();
    expect(buffer.memoryBytes).toBe(0);
    buffer.push({ id: 0, bytes: 400 }, admissionTo(0));
    expect(buffer.memoryBytes).toBeLessThan(8 * KIB);
    for (let id = 1; id < 100; id += 1) buffer.push({ id, bytes: 400 }, admissionTo(0));
    expect(buffer.memoryBytes).toBeLessThan(128 * KIB);
  });

  it('is given back, except for a few segments, when all items have left', () => {
    for (const leave of ['release', 'evict', 'expire'] as const) {
      const buffer = createBuffer();
      for (let id = 0; id < 40_000; id += 1) buffer.push({ id, bytes: 400 }, admissionTo(id % 2));
      expect(buffer.memoryBytes).toBeGreaterThan(2 * FEW_SEGMENTS_BYTES);
      if (leave === 'release') for (let left = 0; left < 40; left += 1) buffer.release(buffer.take(1_000, Infinity));
      if (leave === 'evict') while (buffer.size > 0) buffer.evict(buffer.size % 3 === 0 ? 'newest' : 'oldest');
      if (leave === 'expire') {
        buffer.putBack(buffer.take(Infinity, Infinity));
        buffer.evictTakenBefore(Infinity);
      }
      expect(buffer.size).toBe(0);
      expect(buffer.memoryBytes, leave).toBeLessThan(FEW_SEGMENTS_BYTES + 2 * SEGMENT_BYTES);
    }
  });

  it('includes the items of a batch in flight until the batch has settled', () => {
    const buffer = createBuffer();
    for (let id = 0; id < 20_000; id += 1) buffer.push({ id, bytes: 400 }, admissionTo(0));
    const held = buffer.memoryBytes;
    const batch = buffer.take(Infinity, Infinity);
    expect(buffer.memoryBytes).toBe(held);
    buffer.release(batch);
    expect(buffer.memoryBytes).toBeLessThan(FEW_SEGMENTS_BYTES + SEGMENT_BYTES);
  });

  it('does not grow while as many items leave as arrive, at either end', () => {
    for (const end of ['oldest', 'newest'] as const) {
      const buffer = createBuffer();
      for (let id = 0; id < 1_000; id += 1) buffer.push({ id, bytes: 400 }, admissionTo(0));
      for (let id = 0; id < 20_000; id += 1) {
        buffer.push({ id, bytes: 400 }, admissionTo(0));
        buffer.evict(end);
      }
      expect(buffer.memoryBytes, end).toBeLessThan(1_000 * 432 + 3 * SEGMENT_BYTES);
    }
  });

  it('is reused after evictions, even if an item stays now and then', () => {
    const buffer = createBuffer();
    for (let kept = 0; kept < 500; kept += 1) {
      for (let id = 0; id < 300; id += 1) buffer.push({ id, bytes: 400 }, admissionTo(0));
      for (let id = 0; id < 299; id += 1) buffer.evict('newest');
    }
    expect(buffer.size).toBe(500);
    expect(buffer.memoryBytes).toBeLessThan(500 * 432 + FEW_SEGMENTS_BYTES);
  });

  it('stays small if few items are held at a time, however long that lasts', () => {
    const buffer = createBuffer();
    for (let id = 0; id < 10_000; id += 1) {
      buffer.push({ id, bytes: 400 }, admissionTo(0));
      buffer.release(buffer.take(10, Infinity));
    }
    expect(buffer.memoryBytes).toBeLessThan(8 * KIB);
  });

  it('does not grow with pushes that are taken back', () => {
    const buffer = createBuffer();
    buffer.push({ id: 0, bytes: 400 }, admissionTo(0));
    for (let id = 0; id < 5_000; id += 1) {
      buffer.push({ id, bytes: id % 100 === 0 ? 200 * KIB : 400 }, admissionTo(0));
      buffer.undoPush();
    }
    expect(buffer.memoryBytes).toBeLessThan(2 * SEGMENT_BYTES);
  });

  it('does not grow with large items that come one at a time', () => {
    const buffer = createBuffer();
    for (let id = 0; id < 2_000; id += 1) {
      buffer.push({ id, bytes: 20 * KIB }, admissionTo(0));
      buffer.release(buffer.take(1, Infinity));
    }
    expect(buffer.memoryBytes).toBeLessThan(2 * SEGMENT_BYTES);
  });

  it.each([300, 700, 800, 900, 1_000, 1_024, 1_100, 3_000])(
    'is not wasted by the reserve for a string of %i characters that may not be ASCII',
    (length) => {
      const attributes = new AttributeEncoder();
      const encode = (item: Readonly<Record<string, string>>, writer: ProtobufWriter): void =>
        void attributes.write(writer, TAG_ATTRIBUTES, item);
      const buffer = new EncodedBuffer<Readonly<Record<string, string>>>({
        encoder: { encode, scopeOf: () => sampleScope, resourceOf: () => sampleResource },
      });
      let bytes = 0;
      for (let id = 0; id < 5_000; id += 1)
        bytes += buffer.push({ 'db.query.text': 'x'.repeat(length) }, admissionTo(0));
      expect(buffer.memoryBytes / bytes).toBeLessThan(1.15);
    },
  );

  it.each<[string, number, (id: number) => Partial<SampleItem>]>([
    [
      'its own scope',
      20_000,
      (id) => ({ scope: { name: `scope ${id} of an application that makes many`, version: '1.0.0' } }),
    ],
    ['its own resource', 5_000, (id) => ({ resource: { attributes: attributesOf(id) } })],
    [
      'its own resource, which waits for attributes',
      5_000,
      (id) => ({ resource: { attributes: attributesOf(id), asyncAttributesPending: true } }),
    ],
    [
      'its own resource and scope',
      5_000,
      (id) => ({ resource: { attributes: attributesOf(id) }, scope: { name: `scope ${id}` } }),
    ],
    ['a shared resource and its own scope', 20_000, (id) => ({ scope: { name: `s${id}` } })],
    ['a shared scope and its own small resource', 20_000, (id) => ({ resource: { attributes: { id } } })],
  ])(
    'is at most a fifth above and a half below the counted bytes, and is given back with the items, if each item has %s',
    async (_, count, fields) => {
      const buffer = createBuffer();
      // Fill the caches and compile the code first.
      for (let id = 0; id < 1_000; id += 1) buffer.push({ id, bytes: 200, ...fields(-id) }, admissionTo(0));
      buffer.release(buffer.take(Infinity, Infinity));
      const before = await memoryInUse();
      let bytes = 0;
      for (let id = 0; id < count; id += 1) bytes += buffer.push({ id, bytes: 200, ...fields(id) }, admissionTo(0));
      const taken = (await memoryInUse()) - before;
      const counted = bytes + buffer.sharedBytes;
      expect(taken / counted).toBeLessThan(1.2);
      expect(taken / counted).toBeGreaterThan(0.5);
      buffer.release(buffer.take(Infinity, Infinity));
      expect(buffer.sharedBytes).toBe(0);
      expect((await memoryInUse()) - before).toBeLessThan(FEW_SEGMENTS_BYTES + KEPT_SCOPES_BYTES);
    },
  );

  it('is not wasted by large items, alone or among small ones', () => {
    for (const large of [10, 17, 26, 43, 65, 100, 127, 129, 300]) {
      for (const small of [0.4, large]) {
        const buffer = createBuffer();
        let bytes = 0;
        for (let id = 0; id < 200; id += 1)
          bytes += buffer.push({ id, bytes: (id % 2 === 0 ? small : large) * KIB }, admissionTo(0));
        expect(buffer.memoryBytes / bytes, `${large} and ${small} KiB`).toBeLessThan(1.25);
        expect(buffer.memoryBytes / bytes, `${large} and ${small} KiB`).toBeGreaterThan(1);
      }
    }
  });

  it.each<[string, number, () => { readonly memoryBytes: number }]>([
    ['of its end and its scope', 20 + 8, () => filledBuffer(20)],
    [
      'of the time when it was taken, if it was taken alone',
      100 + 8 + 12,
      () => {
        const buffer = filledBuffer(100);
        for (let taken = 0; taken < FILLED; taken += 1) buffer.take(1, Infinity);
        return buffer;
      },
    ],
    [
      'of its mark',
      20 + 8 + 6,
      () => {
        const marked = new MarkedBuffer();
        for (let id = 0; id < FILLED; id += 1)
          marked.push({ id, bytes: 20, behind: 0, mark: { threshold: 1, isSaid: true, randomness: 0 } });
        return marked.buffer;
      },
    ],
  ])('is counted with the tables: each item also takes the bytes %s', (_, bytesOfItem, fill) => {
    expect(fill().memoryBytes).toBeGreaterThan(FILLED * bytesOfItem);
  });
});
