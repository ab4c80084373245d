import { describe, expect, it } from 'vitest';
import { AttributeKeyCache } from '../../src/encoding/attribute-key-cache.ts';
import { AttributeEncoder } from '../../src/encoding/attribute-encoder.ts';
import { ProtobufWriter } from '../../src/protobuf/protobuf-writer.ts';
import { memoryInUse } from '../buffer/memory-in-use.ts';

/** The two generations of the cache, full. */
const FULL_CACHE_BYTES = 6 * 1024 * 1024;
const MANY = 30_000;

async function memoryOf(attributesOf: (index: number) => Record<string, unknown>): Promise<number> {
  const encoder = new AttributeEncoder();
  const writer = new ProtobufWriter((needed) => new Uint8Array(needed));
  const before = await memoryInUse();
  for (let index = 0; index < MANY; index += 1) {
    writer.retarget(new Uint8Array(0));
    writer.position = 0;
    encoder.write(writer, 0x0a, attributesOf(index));
  }
  writer.retarget(new Uint8Array(0));
  const bytes = (await memoryInUse()) - before;
  // The encoder is still in use.
  expect(encoder.write(writer, 0x0a, {})).toBe(0);
  return bytes;
}

describe('the memory of the keys that are remembered', () => {
  it.each<[string, (index: number) => Record<string, unknown>]>([
    ['that never come again', (index) => ({ [`user.${index}.${'x'.repeat(48)}`]: 1 })],
    ['that follow a key in use', (index) => ({ hot: 1, [`user.${index}`]: 1 })],
    ['of which each follows the one before', (index) => ({ hot: 1, [`user.${index}`]: 1, [`user.${index + 1}`]: 1 })],
    ['in maps', (index) => ({ map: { [`user.${index}`]: { [`name.${index}`]: 1 } } })],
    ['that are large', (index) => ({ [`user.${index}.${'x'.repeat(2_000)}`]: 1 })],
    ['whose texts are large', (index) => ({ [`user.${index}`]: 'x'.repeat(2_000) + index })],
  ])('is bounded for unbounded keys %s', async (_, attributesOf) => {
    expect(await memoryOf(attributesOf)).toBeLessThan(FULL_CACHE_BYTES);
  });
});

describe('a forgotten key', () => {
  it('is not found by the key that it followed, and leads to no other', () => {
    const cache = new AttributeKeyCache();
    const hot = cache.after(cache.start, 'hot');
    const followed = hot && cache.after(hot, 'followed');
    if (followed) cache.after(followed, 'last');
    for (let index = 0; index < MANY; index += 1) cache.get(`other.${index}`);
    expect(followed?.next).toBeUndefined();
    expect(hot && cache.after(hot, 'followed')).not.toBe(followed);
    expect(cache.get('followed')?.key).toBe('followed');
  });
});
