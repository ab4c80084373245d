import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  formatRandomness,
  isKept,
  isTraceKept,
  KEEP_ALL,
  newRandomness,
  parseRandomness,
  probabilityOf,
  randomnessOfTraceId,
  type Threshold,
  thresholdOf,
  upperRandomnessOf,
} from '@spillway/sampling';
import { digitsOf, randomnessFrom, thresholdFrom, uint56, valueOf } from './arbitraries.ts';
import { randomTraceId, seededRandom } from './seeded-random.ts';

const NO_TRACE_IDS: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['31 digits', '1'.repeat(31)],
  ['33 digits', '1'.repeat(33)],
  ['zeros', '0'.repeat(32)],
  ['a bad digit where randomness begins', `${'1'.repeat(18)}x${'0'.repeat(13)}`],
  ['a bad digit at the end', `${'1'.repeat(18)}${'0'.repeat(13)}:`],
  ['a character beyond ASCII', `${'1'.repeat(31)}é`],
  ['the first character beyond ASCII', `${'1'.repeat(31)}\u0080`],
  ['an id with hyphens', '4bf92f35-77b3-4da6-a3ce-929d0e0e4736'],
];

describe('randomness as text', () => {
  it('is 14 digits, leading zeros included', () => {
    fc.assert(
      fc.property(uint56, (value) => {
        const randomness = parseRandomness(digitsOf(value));
        expect(randomness && valueOf(randomness)).toBe(value);
        expect(randomness && formatRandomness(randomness)).toBe(digitsOf(value));
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['13 digits', '1'.repeat(13)],
    ['15 digits', '1'.repeat(15)],
    ['upper case', 'ABCDEFABCDEFAB'],
    ['letters beyond f', 'abcdefgabcdefg'],
    ['digits and a space', '1234567890123 '],
    ['digits and a line break', '12345678901234\n'],
    ['a sign', '+1234567890123'],
    ['a number', 12_341_234_123_412],
    ['undefined', undefined],
  ])('is not accepted if it is %s', (_, text) => {
    expect(parseRandomness(text as string)).toBeUndefined();
  });
});

describe('the randomness of a trace id', () => {
  it.each(['4bf92f3577b34da6a3ce929d0e0e4736', '4BF92F3577B34DA6A3CE929D0E0E4736'])(
    'of %s is its low 56 bits',
    (traceId) => {
      expect(randomnessOfTraceId(traceId)).toEqual(parseRandomness('ce929d0e0e4736'));
    },
  );

  it('exists even if it is all zero', () => {
    expect(randomnessOfTraceId(`${'0'.repeat(17)}1${'0'.repeat(14)}`)).toEqual(parseRandomness('0'.repeat(14)));
    expect(isTraceKept(`${'0'.repeat(17)}1${'0'.repeat(14)}`, thresholdOf(0.5))).toBe(false);
  });

  it('has an upper half of 28 bits, which is negative if the trace id is not valid', () => {
    expect(upperRandomnessOf('4bf92f3577b34da6a3ce929d0e0e4736')).toBe(0xce929d0);
    expect(upperRandomnessOf('4bf92f3577b34da6a3ffffffffffffff')).toBe(0xfffffff);
    for (const traceId of ['', '4bf92f3577b34da6a3', `${'1'.repeat(24)}g${'1'.repeat(7)}`])
      expect(upperRandomnessOf(traceId)).toBeLessThan(0);
    expect(upperRandomnessOf('0'.repeat(32))).toBeLessThan(0);
    expect(upperRandomnessOf(`1${'0'.repeat(31)}`)).toBe(0);
  });

  it.each(NO_TRACE_IDS)('does not exist for %s', (_, traceId) => {
    expect(randomnessOfTraceId(traceId)).toBeUndefined();
  });

  it.each([7, null, undefined])('does not exist for %s, which is not a text', (traceId) => {
    expect(randomnessOfTraceId(traceId as unknown as string)).toBeUndefined();
  });
});

describe('new randomness', () => {
  it('takes 28 bits from each of two random numbers', () => {
    const numbers = [0.5, 2 ** -28];
    expect(formatRandomness(newRandomness(() => numbers.shift() ?? 0))).toBe('80000000000001');
    expect(formatRandomness(newRandomness(() => 1 - 2 ** -53))).toBe('f'.repeat(14));
    expect(formatRandomness(newRandomness(() => 0))).toBe('0'.repeat(14));
  });

  it.each([1, -0.5, Number.NaN, Infinity])('has 14 digits even if the source returns %d', (value) => {
    expect(parseRandomness(formatRandomness(newRandomness(() => value)))).toBeDefined();
  });

  it('comes from Math.random unless another source is given', () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.25);
    expect(formatRandomness(newRandomness())).toBe('40000004000000');
    random.mockRestore();
  });
});

describe('the decision to keep an item', () => {
  it.each([
    ['80000000000000', '8', true],
    ['7fffffffffffff', '8', false],
    ['00000000000000', '0', true],
    ['ffffffffffffff', 'ffffffffffffff', true],
    ['fffffffffffffe', 'ffffffffffffff', false],
    ['80000000000000', '80000000000001', false],
  ])('for randomness %s and threshold %s is %s', (randomness, threshold, kept) => {
    const value = BigInt(`0x${randomness}`);
    const limit = thresholdFrom(BigInt(`0x${threshold.padEnd(14, '0')}`));
    expect(isKept(randomnessFrom(value), limit)).toBe(kept);
    expect(isTraceKept(`eeeeeeeeeeeeeeeeee${randomness}`, limit)).toBe(kept);
    expect(isTraceKept(`EEEEEEEEEEEEEEEEEE${randomness.toUpperCase()}`, limit)).toBe(kept);
  });

  it('is the same by randomness and by trace id, and agrees with comparing whole numbers', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[0-9a-f]{17}1$/),
        uint56,
        fc.oneof(uint56, fc.bigInt({ min: -2n, max: 2n })),
        (start, value, other) => {
          const limit = other < 3n ? BigInt.asUintN(56, value + other) : other;
          expect(isKept(randomnessFrom(value), thresholdFrom(limit))).toBe(value >= limit);
          expect(isTraceKept(start + digitsOf(value), thresholdFrom(limit))).toBe(value >= limit);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each(NO_TRACE_IDS)('is to keep an item whose trace id is not valid: %s', (_, traceId) => {
    for (const text of ['0', '8', 'ffff', 'ffffffffffffff']) {
      expect(isTraceKept(traceId, thresholdFrom(BigInt(`0x${text.padEnd(14, '0')}`)))).toBe(true);
    }
  });

  it('is to keep every item under the threshold that keeps all', () => {
    expect(isTraceKept(`${'0'.repeat(31)}1`, KEEP_ALL)).toBe(true);
  });

  it('never keeps an item under a greater threshold but not under a smaller one', () => {
    fc.assert(
      fc.property(uint56, uint56, uint56, (value, a, b) => {
        const [smaller, greater] = a < b ? [a, b] : [b, a];
        const randomness = randomnessFrom(value);
        expect(isKept(randomness, thresholdFrom(greater)) && !isKept(randomness, thresholdFrom(smaller))).toBe(false);
      }),
    );
  });

  it.each([0.9, 0.5, 0.1, 0.01, 0.001])(
    'keeps a share of %d of random trace ids, within four standard errors',
    (share) => {
      const COUNT = 100_000;
      const threshold: Threshold = thresholdOf(share, 4);
      const random = seededRandom(share * 1_000);
      let kept = 0;
      for (let index = 0; index < COUNT; index += 1) if (isTraceKept(randomTraceId(random), threshold)) kept += 1;
      const expected = probabilityOf(threshold);
      expect(Math.abs(kept / COUNT - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / COUNT));
    },
  );
});
