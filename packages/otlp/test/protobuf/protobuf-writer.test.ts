import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtobufWriter, varintSize } from '../../src/protobuf/protobuf-writer.ts';
import { utf8Length } from '../../src/protobuf/utf8.ts';

/** The bytes that a writer with enough room has written. */
function written(write: (writer: ProtobufWriter) => void): Uint8Array {
  const writer = new ProtobufWriter((needed) => new Uint8Array(needed));
  writer.reserve(64);
  write(writer);
  return writer.bytes.slice(writer.itemStart, writer.position);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** A varint by its plain definition, of any size. */
function varint(value: bigint): string {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return hex(Uint8Array.of(...bytes, Number(rest)));
}

function lengthPrefixed(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return varint(BigInt(bytes.length)) + hex(bytes);
}

describe('numbers', () => {
  const boundaries = [
    0,
    1,
    127,
    128,
    16_383,
    16_384,
    2 ** 21 - 1,
    2 ** 21,
    2 ** 28,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 35,
    2 ** 53 - 1,
  ];

  it.each(boundaries)('are written as the shortest varint: %d', (value) => {
    expect(hex(written((writer) => writer.putVarint(value)))).toBe(varint(BigInt(value)));
  });

  it.each([
    ...boundaries,
    2 ** 53,
    2 ** 53 + 2,
    2 ** 62,
    2 ** 63 - 1024,
    -0,
    -1,
    -127,
    -(2 ** 31),
    -(2 ** 32),
    -(2 ** 32) - 1,
    -(2 ** 53),
    -(2 ** 63),
  ])('are written as an int64 in two’s complement: %d', (value) => {
    expect(hex(written((writer) => writer.putInt64(value)))).toBe(varint(BigInt(value)));
  });

  it('are written correctly for any whole number in the range of int64', () => {
    const anyInt64 = fc
      .bigInt(-(2n ** 63n), 2n ** 63n - 1n)
      .map(Number)
      .filter((value) => value < 2 ** 63);
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), anyInt64), (value) => {
        expect(hex(written((writer) => writer.putInt64(value)))).toBe(varint(BigInt(value)));
      }),
    );
  });

  it('of fixed size are written in little-endian order', () => {
    expect(hex(written((writer) => writer.putFixed32(0x301)))).toBe('01030000');
    expect(hex(written((writer) => writer.putFixed64(0xfffffffe, 0x80000001)))).toBe('feffffff01000080');
    expect(hex(written((writer) => writer.putDouble(1.5)))).toBe('000000000000f83f');
  });

  it('of nanoseconds since 1970 are written exactly', () => {
    const seconds = fc.integer({ min: 0, max: 18_000_000_000 });
    fc.assert(
      fc.property(seconds, fc.integer({ min: 0, max: 2_000_000_000 }), (whole, nanos) => {
        const bytes = written((writer) => writer.putNanoseconds(whole, nanos));
        expect(new DataView(bytes.buffer).getBigUint64(0, true)).toBe(BigInt(whole) * 1_000_000_000n + BigInt(nanos));
      }),
      {
        examples: [
          [0, 0],
          [0, 999_999_999],
          [65_535, 1],
          [65_536, 0],
          [1_700_000_000, 123_456_789],
          [17_179_869_184, 1],
        ],
      },
    );
  });

  it.each([0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456])(
    'have a known varint size: %d',
    (value) => {
      expect(varintSize(value)).toBe(varint(BigInt(value)).length / 2);
    },
  );
});

describe('strings', () => {
  const sizes = [
    0, 1, 3, 4, 5, 15, 16, 17, 29, 30, 31, 41, 42, 43, 63, 64, 126, 127, 128, 129, 341, 1023, 1024, 1025, 5461, 5462,
    16_383, 16_384, 70_000,
  ];

  it.each(sizes)('of %d units of every class are written as TextEncoder does', (size) => {
    for (const unit of [
      'a',
      '\u007f',
      '\u0080',
      'é',
      '\u07ff',
      '\u0800',
      '漢',
      '\uffff',
      '😀',
      '\ud800',
      '\udc00',
      '\u0000',
    ]) {
      const text = unit.repeat(Math.ceil(size / unit.length)).slice(0, size);
      expect(hex(written((writer) => writer.writeString(text)))).toBe(lengthPrefixed(text));
    }
  });

  it.each(sizes.filter((size) => size > 0))(
    'of %d units are written correctly wherever the only unit that is not ASCII is',
    (size) => {
      for (const at of [0, 1, 2, 3, size >> 1, size - 1].filter((index) => index < size)) {
        const text = `${'x'.repeat(at)}é${'x'.repeat(size - at - 1)}`;
        expect(hex(written((writer) => writer.writeString(text)))).toBe(lengthPrefixed(text));
      }
    },
  );

  it('of any composition are written as TextEncoder does', () => {
    const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.string({ unit, maxLength: 300 }),
    );
    fc.assert(
      fc.property(text, text, fc.nat(20), (left, right, cut) => {
        const composed = (left + right).slice(cut);
        expect(hex(written((writer) => writer.writeString(composed)))).toBe(lengthPrefixed(composed));
        expect(utf8Length(composed)).toBe(new TextEncoder().encode(composed).length);
      }),
    );
  });

  it('of bytes are written with their length', () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, index) => index);
    expect(hex(written((writer) => writer.writeBytes(bytes)))).toBe(varint(300n) + hex(bytes));
  });
});

describe('nested messages', () => {
  const fill = (writer: ProtobufWriter, size: number) => {
    writer.reserve(size);
    writer.position += size;
  };

  it.each([0, 1, 127, 128, 16_383, 16_384, 2_097_152])(
    'have their length of %d in its shortest form, whatever was guessed',
    (size) => {
      for (const [open, close] of [
        ['openMessage', 'closeMessage'],
        ['openLongMessage', 'closeLongMessage'],
      ] as const) {
        const bytes = written((writer) => {
          const message = writer[open]();
          writer.reserve(size);
          writer.bytes.fill(0xab, writer.position, writer.position + size);
          writer.position += size;
          writer[close](message);
        });
        const prefix = varint(BigInt(size));
        expect(hex(bytes.subarray(0, prefix.length / 2))).toBe(prefix);
        expect(bytes.length).toBe(prefix.length / 2 + size);
        expect(bytes.subarray(prefix.length / 2).every((byte) => byte === 0xab)).toBe(true);
      }
    },
  );

  it('have a correct outer length if inner ones are moved', () => {
    const bytes = written((writer) => {
      const outer = writer.openMessage();
      for (const size of [100, 200, 20_000]) {
        const inner = writer.openMessage();
        fill(writer, size);
        writer.closeMessage(inner);
      }
      writer.closeMessage(outer);
    });
    expect(hex(bytes.subarray(0, 3))).toBe(varint(1n + 100n + 2n + 200n + 3n + 20_000n));
  });
});

describe('growth', () => {
  it('moves only the current item, and changes no byte before it', () => {
    const segment = new Uint8Array(20).fill(0xee);
    const needs: number[] = [];
    const next = new Uint8Array(100);
    const writer = new ProtobufWriter((needed) => {
      needs.push(needed);
      return next;
    });
    writer.retarget(segment);
    writer.position = 10;
    writer.itemStart = 10;
    const message = writer.openMessage();
    writer.writeString('abc');
    // 1 for the message's length, 3 for the text, 4 to see that it fits, 10 for the longest length.
    expect(needs).toEqual([18]);
    writer.writeString('defghijklmnopq');
    writer.closeMessage(message);

    expect(writer.bytes).toBe(next);
    expect(writer.itemStart).toBe(0);
    expect(hex(next.subarray(0, writer.position))).toBe(
      varint(19n) + lengthPrefixed('abc') + lengthPrefixed('defghijklmnopq'),
    );
    expect(hex(segment.subarray(0, 10))).toBe('ee'.repeat(10));
  });

  it('keeps the place of a message that moves while its length is written', () => {
    const writer = new ProtobufWriter((needed) => new Uint8Array(needed));
    writer.retarget(new Uint8Array(7 + 1 + 200));
    writer.position = writer.itemStart = 7;
    const message = writer.openMessage();
    writer.bytes.fill(0xab, 8);
    writer.position += 200;
    writer.closeMessage(message);
    expect(hex(writer.bytes.subarray(0, writer.position))).toBe(varint(200n) + 'ab'.repeat(200));
  });

  it('results in the same bytes however often it happens', () => {
    const write = (writer: ProtobufWriter) => {
      const outer = writer.openLongMessage();
      for (const text of ['a', 'é'.repeat(70), 'b'.repeat(130), '漢'.repeat(6000)]) {
        const inner = writer.openMessage();
        writer.writeString(text);
        writer.closeMessage(inner);
      }
      writer.closeLongMessage(outer);
    };
    const tight = new ProtobufWriter((needed) => new Uint8Array(needed));
    write(tight);
    expect(hex(tight.bytes.subarray(0, tight.position))).toBe(hex(written(write)));
  });

  it('throws a refusal and remembers it', () => {
    const refusal = new Error('too large');
    const writer = new ProtobufWriter(() => {
      throw refusal;
    });
    expect(() => writer.writeString('x')).toThrow(refusal);
    expect(writer.refusal).toBe(refusal);
  });

  it.each([
    ['ASCII', 'x'],
    ['two bytes a unit', 'é'],
    ['three bytes a unit', '漢'],
    ['surrogates', '😀'],
    ['lone surrogates', '\ud800'],
  ])('is no larger than a long string needs, and cuts nothing off: %s', (_, unit) => {
    const needs: number[] = [];
    const writer = new ProtobufWriter((needed) => {
      needs.push(needed);
      return new Uint8Array(needed);
    });
    const text = unit.repeat(100_000);
    writer.writeString(text);
    const { length } = new TextEncoder().encode(text);
    expect(Math.max(...needs)).toBeLessThan(length + 100);
    expect(hex(writer.bytes.subarray(0, writer.position))).toBe(lengthPrefixed(text));
  });

  it('cuts no string off, wherever in a string that is not ASCII the memory ends', () => {
    const text = 'aé漢😀\ud800'.repeat(8);
    for (let room = 0; room < 150; room += 1) {
      const writer = new ProtobufWriter((needed) => new Uint8Array(needed));
      writer.retarget(new Uint8Array(room));
      writer.writeString(text);
      expect(hex(writer.bytes.subarray(0, writer.position)), `in ${room} bytes`).toBe(lengthPrefixed(text));
    }
  });
});
