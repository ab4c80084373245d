import { describe, expect, it } from 'vitest';
import { AttributeEncoder } from '../../src/encoding/attribute-encoder.ts';
import { ProtobufWriter } from '../../src/protobuf/protobuf-writer.ts';
import { decodeAttributes } from './decode-attributes.ts';

/** More than any of the attributes below takes, so that each of them once begins at every place before the end. */
const MOST_ROOM = 400;

/** Encodes into memory that has that many bytes, and from then on no more than the encoder asks for. */
function encodeInto(room: number, attributes: Record<string, unknown>): Uint8Array {
  const writer = new ProtobufWriter((needed) => new Uint8Array(needed));
  writer.retarget(new Uint8Array(room));
  expect(new AttributeEncoder().write(writer, 0x0a, attributes)).toBe(0);
  return writer.bytes.slice(0, writer.position);
}

describe('an attribute that begins shortly before its memory ends', () => {
  it.each<[string, Record<string, unknown>]>([
    ['an empty text', { key: '' }],
    ['a short text', { key: 'text' }],
    ['a short text of 3 bytes a unit', { key: '漢'.repeat(60) }],
    ['a text whose length takes two bytes', { key: 'x'.repeat(130) }],
    ['a text of 3 bytes a unit whose length takes two bytes', { key: '漢'.repeat(80) }],
    ['a small number', { key: 1 }],
    ['a number of ten bytes', { key: -1 }],
    ['a fraction', { key: 0.5 }],
    ['a boolean', { key: true }],
    ['nothing', { key: null }],
    ['a bigint', { key: -1n }],
    ['bytes', { key: Uint8Array.of(1, 2, 3) }],
    ['a date', { key: new Date(0) }],
    ['a list', { key: ['a', 1, 0.5, true, null, -1n, []] }],
    ['a list within lists', { key: [[[[[]]]], [[[[false]]]]] }],
    ['a map', { key: { a: 'a', b: 1, c: 0.5, d: true, e: null, f: -1n, g: {} } }],
    ['the longest key that is remembered', { ['k'.repeat(61)]: 'text' }],
    ['a key that is too long to be remembered', { ['k'.repeat(62)]: 'text' }],
    ['a key of 3 bytes a unit that is too long to be remembered', { ['漢'.repeat(40)]: true }],
    ['a long key in a map', { key: { ['k'.repeat(100)]: -1 } }],
  ])('is whole, wherever that is: %s', (_, attributes) => {
    const expected = encodeInto(10_000, attributes);
    expect(decodeAttributes(expected)).toHaveLength(1);
    for (let room = 0; room <= MOST_ROOM; room += 1) {
      expect(encodeInto(room, attributes), `in ${room} bytes`).toEqual(expected);
    }
  });
});
