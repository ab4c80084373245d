import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { MAX_DEPTH, MAX_ELEMENTS } from '../../src/encoding/any-value-encoder.ts';
import { AttributeEncoder } from '../../src/encoding/attribute-encoder.ts';
import { ProtobufWriter } from '../../src/protobuf/protobuf-writer.ts';
import { decodeAttributes, type Plain } from './decode-attributes.ts';

const TAG = 0x0a;

function encode(attributes: unknown, encoder = new AttributeEncoder()) {
  const writer = new ProtobufWriter((needed) => new Uint8Array(needed * 2));
  const dropped = encoder.write(writer, TAG, attributes as Record<string, unknown>);
  return { dropped, attributes: decodeAttributes(writer.bytes.subarray(0, writer.position)) };
}

function valueOf(value: unknown): Plain | undefined {
  const { attributes, dropped } = encode({ value });
  expect(dropped).toBe(0);
  return attributes[0]?.[1];
}

function nested(levels: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? { inner: value } : [value];
  return value;
}

describe('the value of an attribute', () => {
  it.each<[string, unknown, Plain]>([
    ['an empty string', '', { string: '' }],
    ['a lone surrogate', 'a\ud800b', { string: 'a\ufffdb' }],
    ['false', false, { bool: false }],
    ['zero', 0, { int: '0' }],
    ['minus zero', -0, { int: '0' }],
    ['a negative number', -1, { int: '-1' }],
    ['2^31', 2 ** 31, { int: '2147483648' }],
    ['2^53', 2 ** 53, { int: '9007199254740992' }],
    ['-2^63', -(2 ** 63), { int: '-9223372036854775808' }],
    ['2^63', 2 ** 63, { double: 2 ** 63 }],
    ['below -2^63', -(2 ** 63) - 2048, { double: -(2 ** 63) - 2048 }],
    ['a fraction', 0.1, { double: 0.1 }],
    ['NaN', Number.NaN, { double: Number.NaN }],
    ['infinity', -Infinity, { double: -Infinity }],
    ['a small bigint', 7n, { int: '7' }],
    ['a negative bigint', -7n, { int: '-7' }],
    ['the largest int64', 2n ** 63n - 1n, { int: '9223372036854775807' }],
    ['a bigint above int64', 2n ** 63n, { string: '9223372036854775808' }],
    ['null', null, 'empty'],
    ['undefined', undefined, 'empty'],
    ['bytes', Uint8Array.of(0, 255), { bytes: [0, 255] }],
    ['a Buffer', Buffer.from('hi'), { bytes: [104, 105] }],
    ['an ArrayBuffer', Uint8Array.of(1, 2).buffer, { bytes: [1, 2] }],
    ['a DataView', new DataView(Uint8Array.of(1, 2, 3).buffer, 1), { bytes: [2, 3] }],
    ['a typed array of numbers', Float64Array.of(1, 1.5), { array: [{ int: '1' }, { double: 1.5 }] }],
    ['a Date', new Date(0), { string: '1970-01-01T00:00:00.000Z' }],
    ['an empty array', [], { array: [] }],
    [
      'a mixed array with a hole',
      // oxlint-disable-next-line no-sparse-arrays
      ['a', 1, , null, [true]],
      { array: [{ string: 'a' }, { int: '1' }, 'empty', 'empty', { array: [{ bool: true }] }] },
    ],
    ['an empty map', {}, { map: [] }],
    [
      'a map',
      { a: 1, b: { c: 'x' } },
      {
        map: [
          ['a', { int: '1' }],
          ['b', { map: [['c', { string: 'x' }]] }],
        ],
      },
    ],
    ['a map without prototype', Object.assign(Object.create(null), { a: 1 }), { map: [['a', { int: '1' }]] }],
    ['an inherited property, which is left out', Object.create({ inherited: 1 }), { map: [] }],
    ['a toJSON, which is data like any other name', { toJSON: 'x' }, { map: [['toJSON', { string: 'x' }]] }],
  ])('is encoded by its type: %s', (_, value, expected) => {
    expect(valueOf(value)).toEqual(expected);
  });

  it('is the same for objects of another realm', () => {
    expect(valueOf(runInNewContext('[1, { a: new Uint8Array([1]) }, new Date(0)]'))).toEqual({
      array: [{ int: '1' }, { map: [['a', { bytes: [1] }]] }, { string: '1970-01-01T00:00:00.000Z' }],
    });
  });

  it.each([0, 1, 20, 21, 30, 31, 60, 61, 62, 63, 64, 121, 122, 123, 124, 125, 126, 127, 128, 1024, 1025, 16_384])(
    'is correct for keys and texts of %d units',
    (size) => {
      for (const unit of ['k', 'é', '漢']) {
        const text = unit.repeat(size);
        const attributes = { [text]: text, other: text, [`${text}.a`]: 1, [`${text}.b`]: [text] };
        expect(encode(attributes).attributes).toEqual([
          [text, { string: text }],
          ['other', { string: text }],
          [`${text}.a`, { int: '1' }],
          [`${text}.b`, { array: [{ string: text }] }],
        ]);
      }
    },
  );

  it('may be shared between attributes and within one', () => {
    const shared = { a: [1] };
    expect(encode({ x: shared, y: [shared, shared] }).dropped).toBe(0);
  });
});

describe('an attribute that cannot be encoded', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = [cyclic];
  const throwing = {
    get secret(): string {
      throw new Error('no');
    },
  };
  const revoked = Proxy.revocable([], {});
  revoked.revoke();
  const refuse = () => {
    throw new Error('trap');
  };
  const shared = Array.from({ length: 29 }).reduce<unknown>((inner) => [inner, inner, inner], 'leaf');

  const hostile: [string, unknown][] = [
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a function within a map', { a: { b: () => 1 } }],
    ['a symbol within an array', [[Symbol('s')]]],
    ['a cycle', cyclic],
    ['a getter that throws', throwing],
    [
      'a getter that throws undefined',
      Object.defineProperty({}, 'x', {
        enumerable: true,
        get: () => {
          throw undefined;
        },
      }),
    ],
    ['a revoked proxy', revoked.proxy],
    ['a proxy that throws', new Proxy({}, { ownKeys: refuse })],
    ['a proxy whose prototype throws', new Proxy({}, { getPrototypeOf: refuse })],
    ['an array of unheard-of length', Object.assign([], { length: 2 ** 32 - 1 })],
    ['too many elements', new Array(MAX_ELEMENTS + 1).fill(0)],
    ['parts that multiply', shared],
    ['too many levels', nested(MAX_DEPTH + 1)],
    ['an invalid date', new Date(Number.NaN)],
  ];

  it.each(hostile)('is left out, and the others are sent: %s', (_, value) => {
    const onDropped = vi.fn<(key: string, error: unknown) => void>();
    const encoder = new AttributeEncoder(onDropped);
    const { attributes, dropped } = encode({ before: 1, hostile: value, after: { x: 'y' } }, encoder);
    expect(dropped).toBe(1);
    expect(attributes).toEqual([
      ['before', { int: '1' }],
      ['after', { map: [['x', { string: 'y' }]] }],
    ]);
    expect(onDropped).toHaveBeenCalledTimes(1);
    expect(onDropped.mock.calls[0]?.[0]).toBe('hostile');
  });

  it('is reported with the reason', () => {
    const errors: Record<string, unknown> = {};
    const encoder = new AttributeEncoder((key, error) => {
      errors[key] = error;
    });
    encode(
      { cyclic, deep: nested(MAX_DEPTH + 1), many: new Array(MAX_ELEMENTS + 1).fill(0), callback: () => 1 },
      encoder,
    );
    expect(Object.entries(errors).map(([key, error]) => `${key}: ${(error as Error).message}`)).toEqual([
      'cyclic: it contains itself',
      `deep: nested deeper than ${MAX_DEPTH} levels`,
      `many: more than ${MAX_ELEMENTS} elements`,
      'callback: a function has no OTLP value',
    ]);
  });

  it('is left out if reading it throws', () => {
    const attributes = Object.defineProperty({ a: 1, b: 2 }, 'a', { enumerable: true, get: refuse });
    expect(encode(attributes)).toEqual({ dropped: 1, attributes: [['b', { int: '2' }]] });
  });

  it.each([
    ['all own attributes can be read', { own: 1 }, 0],
    ['one cannot be read', Object.defineProperty({ own: 1 }, 'bad', { enumerable: true, get: refuse }), 1],
  ])('is not looked for among inherited properties, whether %s', (_, own, dropped) => {
    const attributes: unknown = Object.setPrototypeOf(own, { inherited: 2 });
    expect(encode(attributes)).toEqual({ dropped, attributes: [['own', { int: '1' }]] });
  });

  it('leaves the encoder fully usable', () => {
    const encoder = new AttributeEncoder();
    for (const [, value] of hostile) encode({ hostile: value }, encoder);
    expect(encode({ deep: nested(MAX_DEPTH) }, encoder).dropped).toBe(0);
  });

  it('costs no more if reporting it throws', () => {
    const encoder = new AttributeEncoder(() => {
      throw new Error('reporter');
    });
    expect(encode({ a: Symbol('s'), b: 1 }, encoder)).toEqual({ dropped: 1, attributes: [['b', { int: '1' }]] });
  });

  it('counts as one if the whole set cannot be read', () => {
    expect(encode(new Proxy({}, { ownKeys: refuse }))).toEqual({ dropped: 1, attributes: [] });
  });

  it('is not confused with a refusal to grow, which is thrown', () => {
    const refusal = new Error('too large');
    let room = 40;
    const writer = new ProtobufWriter((needed) => {
      if (needed > 1000) throw refusal;
      room = needed;
      return new Uint8Array(room);
    });
    expect(() => new AttributeEncoder().write(writer, TAG, { a: 1, b: ['x'.repeat(2000)] })).toThrow(refusal);
  });

  it('is encoded as before after refusals within nested values', () => {
    const encoder = new AttributeEncoder();
    const large = [['x'.repeat(200)]];
    const writer = () =>
      new ProtobufWriter((needed) => {
        if (needed > 100) throw new Error('too large');
        return new Uint8Array(100);
      });
    for (let refusal = 0; refusal < MAX_DEPTH; refusal += 1) {
      expect(() => encoder.write(writer(), TAG, { large })).toThrow('too large');
      expect(() => encoder.writeValue(writer(), TAG, 'large', large)).toThrow('too large');
    }
    expect(encode({ small: [['x']] }, encoder).dropped).toBe(0);
  });
});

describe('a set of attributes', () => {
  const setOf = (count: number): Record<string, unknown> => {
    const attributes: Record<string, unknown> = Object.create({ inherited: 'no' });
    Object.defineProperty(attributes, 'hidden', { value: 'no', enumerable: false });
    for (let index = 0; index < count; index += 1) attributes[`key.${index}`] = index;
    return attributes;
  };
  const namesOf = (attributes: object): string[] => Object.keys(attributes);

  it('has all own attributes in their order, however many it and the one before have', () => {
    const encoder = new AttributeEncoder();
    for (const count of [100, 100, 3, 19, 20, 21, 20, 0, 50, 1, 1, 50, 50]) {
      const attributes = setOf(count);
      const encoded = encode(attributes, encoder).attributes;
      expect(encoded).toEqual(namesOf(attributes).map((key, index) => [key, { int: String(index) }]));
    }
  });

  it('leaves out only what cannot be encoded, if there are many', () => {
    const encoder = new AttributeEncoder();
    for (let round = 0; round < 3; round += 1) {
      const attributes = { ...setOf(40), callback: () => 1 };
      Object.defineProperty(attributes, 'bad', {
        enumerable: true,
        get: () => {
          throw new Error('hostile');
        },
      });
      expect(encode(attributes, encoder)).toEqual({ ...encode(setOf(40), encoder), dropped: 2 });
      const proxied = new Proxy(setOf(40), {});
      expect(encode(proxied, encoder)).toEqual(encode(setOf(40), encoder));
    }
  });
});

describe('the cache of keys', () => {
  it('stays correct if there are more keys than it holds, in any order', () => {
    const encoder = new AttributeEncoder();
    for (let round = 0; round < 5; round++) {
      const attributes: Record<string, unknown> = { first: round };
      for (let index = 0; index < 6_000; index++) attributes[`key.${round % 3}.${index}`] = index;
      attributes['last'] = { nested: { [`inner.${round}`]: 1 } };
      const expected = Object.entries(attributes).map(([key]) => key);
      expect(encode(attributes, encoder).attributes.map(([key]) => key)).toEqual(expected);
    }
  });

  it('stays correct if a nested map makes it forget the key that is being written', () => {
    const encoder = new AttributeEncoder();
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`many.${index}`, index]));
    const { attributes } = encode({ a: 'x', many, b: 'y' }, encoder);
    expect(attributes.map(([key]) => key)).toEqual(['a', 'many', 'b']);
    expect(attributes[1]?.[1]).toEqual({ map: Object.keys(many).map((key, index) => [key, { int: String(index) }]) });
    expect(encode({ a: 'x', b: 'y', many: 1 }, encoder).attributes.map(([key]) => key)).toEqual(['a', 'b', 'many']);
  });
});
