import { describe, expect, it } from 'vitest';
import { AttributeEncoder } from '../../src/encoding/attribute-encoder.ts';
import { ProtobufWriter } from '../../src/protobuf/protobuf-writer.ts';
import { decodeAttributes } from './decode-attributes.ts';

/** More than any of the attributes below takes, so that each of them once begins at every place before the end. */
const MOST_ROOM = 400;

/** The empty elements use up the room that is reserved for a key, so that the last one has only what it asks for. */
function listEndingWith(element: unknown): Record<string, unknown> {
  return { key: [...new Array<null>(80).fill(null), element] };
}

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
    ['a long text', { key: 'x'.repeat(2_000) }],
    ['a long text of 3 bytes a unit', { key: '漢'.repeat(2_000) }],
    ['a long text with a single character that is not ASCII', { key: `${'x'.repeat(2_000)}é` }],
    ['a small number', { key: 1 }],
    ['a number of ten bytes', { key: -1 }],
    ['a fraction', { key: 0.5 }],
    ['a boolean', { key: true }],
    ['nothing', { key: null }],
    ['a bigint', { key: -1n }],
    ['bytes', { key: Uint8Array.of(1, 2, 3) }],
    ['a date', { key: new Date(0) }],
    ['a text in a list', listEndingWith('a')],
    ['a number in a list', listEndingWith(-1)],
    ['a fraction in a list', listEndingWith(0.5)],
    ['a boolean in a list', listEndingWith(true)],
    ['a bigint in a list', listEndingWith(-1n)],
    ['bytes in a list', listEndingWith(Uint8Array.of(1))],
    ['a date in a list', listEndingWith(new Date(0))],
    ['a list in a list', listEndingWith([null])],
    ['a map in a list', listEndingWith({})],
    ['a map with a long key in a list', listEndingWith({ ['k'.repeat(100)]: 1 })],
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
