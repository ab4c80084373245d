import { afterEach, describe, expect, it, vi } from 'vitest';

const TEXTS = [
  '',
  'a',
  'é',
  'GET',
  'x'.repeat(16),
  'x'.repeat(17),
  'x'.repeat(30),
  'x'.repeat(31),
  'é'.repeat(20),
  '漢'.repeat(40),
  '😀é漢a'.repeat(9),
  '\udc00x\ud800\udc00',
  `${'x'.repeat(40)}\ud800`,
];

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe('writing UTF-8', () => {
  it.each<[string, unknown, unknown?]>([
    ['without Buffer', undefined],
    ['without Buffer and TextEncoder', undefined, 'without TextEncoder'],
    ['if Buffer lacks the method', { prototype: {} }],
    ['if the method ignores the index', { prototype: { utf8Write: () => 6 } }],
    [
      'if the method throws',
      {
        prototype: {
          utf8Write: () => {
            throw new TypeError('not a Buffer');
          },
        },
      },
    ],
  ])('works %s', async (_, buffer, lacksTextEncoder) => {
    vi.stubGlobal('Buffer', buffer);
    if (lacksTextEncoder !== undefined) vi.stubGlobal('TextEncoder', undefined);
    vi.resetModules();
    const { writeUtf8 } = await import('../../src/protobuf/utf8.ts');
    vi.unstubAllGlobals();
    for (const text of TEXTS) {
      const expected = new TextEncoder().encode(text);
      const bytes = new Uint8Array(5 + text.length * 3);
      expect(writeUtf8(text, bytes, new DataView(bytes.buffer), 5)).toBe(expected.length);
      expect(bytes.subarray(0, 5 + expected.length)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, ...expected));
    }
  });
});

describe('a method of Buffer that is not documented', () => {
  const { prototype } = Buffer as unknown as {
    prototype: { utf8Write: (this: Uint8Array, value: string, at: number, length: number) => number };
  };

  it.each<[string, (typeof prototype)['utf8Write']]>([
    [
      'returns something other than the number of bytes',
      function (value, at, length) {
        prototype.utf8Write.call(this, value, at, length);
        return value.length;
      },
    ],
    [
      'touches a byte behind the text',
      function (value, at, length) {
        const written = prototype.utf8Write.call(this, value, at, length);
        this[at + written] = 1;
        return written;
      },
    ],
    [
      'throws if not all of the text fits',
      function (value, at, length) {
        if (Buffer.byteLength(value) > length) throw new RangeError('out of range');
        return prototype.utf8Write.call(this, value, at, length);
      },
    ],
  ])('is not used if it %s', async (_, utf8Write) => {
    vi.stubGlobal('Buffer', { prototype: { utf8Write } });
    vi.resetModules();
    const { writeUtf8 } = await import('../../src/protobuf/utf8.ts');
    vi.unstubAllGlobals();
    const text = '漢'.repeat(40);
    const bytes = new Uint8Array(130);
    expect(writeUtf8(text, bytes, new DataView(bytes.buffer), 0)).toBe(120);
    expect([...bytes.subarray(120)]).toEqual(Array(10).fill(0));
    expect(writeUtf8(text, bytes.subarray(0, 100), new DataView(bytes.buffer), 0)).toBe(99);
  });
});

it('every lone surrogate becomes U+FFFD without TextEncoder too', async () => {
  vi.stubGlobal('Buffer', undefined);
  vi.stubGlobal('TextEncoder', undefined);
  vi.resetModules();
  const { utf8Of } = await import('../../src/protobuf/utf8.ts');
  vi.unstubAllGlobals();
  for (const text of ['\ud7ff', '\ud800', '\udbff', '\udc00', '\udfff', '\ue000'])
    expect(utf8Of(text)).toEqual(new TextEncoder().encode(text));
});
