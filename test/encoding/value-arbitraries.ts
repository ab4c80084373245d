import fc from 'fast-check';

/**
 * Strings of every UTF-8 class, and of every length that the encoder handles separately. There are no lone surrogates,
 * because upstream counts those wrongly.
 */
export const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.tuple(fc.constantFrom('x', 'é', '漢', '😀'), fc.nat(1100)).map(([unit, length]) => unit.repeat(length)),
  fc.constantFrom('', 'GET', 'https'),
);

const key = fc.oneof(
  fc.constantFrom('http.request.method', 'http.route', 'a', 'b'),
  text.map((value) => `k${value}`),
);

const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    127,
    128,
    -1,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    2 ** 62,
    2 ** 63,
    -(2 ** 63),
    2 ** 64,
    1e300,
    Number.NaN,
    Infinity,
    -Infinity,
  ),
);

export const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    number,
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(key, tie('value'), { maxKeys: 6 }),
  ),
}));

export const attributes = fc.dictionary(key, value, { maxKeys: 12, noNullPrototype: true });

function hex(length: number): fc.Arbitrary<string> {
  return fc.string({
    unit: fc.constantFrom(...Array.from('0123456789abcdefABCDEF')),
    minLength: length,
    maxLength: length,
  });
}

export const spanContext = fc.record(
  {
    traceId: hex(32),
    spanId: hex(16),
    traceFlags: fc.nat(255),
    isRemote: fc.boolean(),
    traceState: fc.constantFrom('', 'ot=th:8', 'a=1,b=2').map((state) => ({ serialize: () => state })),
  },
  { requiredKeys: ['traceId', 'spanId', 'traceFlags'] },
);

export const time = fc.tuple(fc.integer({ min: 0, max: 4_000_000_000 }), fc.integer({ min: 0, max: 999_999_999 }));
export const count = fc.oneof(fc.constant(0), fc.nat(), fc.constant(2 ** 32 - 1));

export const scope = fc.record(
  { name: text, version: text, schemaUrl: text, attributes, droppedAttributesCount: count },
  { requiredKeys: ['name'] },
);

export const resource = fc.record({ attributes, schemaUrl: text }, { requiredKeys: ['attributes'] });
