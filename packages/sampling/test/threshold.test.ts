import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adjustedCountOf,
  formatThreshold,
  isAbove,
  KEEP_ALL,
  maxThreshold,
  parseThreshold,
  probabilityOf,
  roundUpThreshold,
  thresholdOf,
} from '@spillway/sampling';
import { digitsOf, probability, RANGE, thresholdFrom, uint56, valueOf } from './arbitraries.ts';
import { COLLECTOR_TEXTS, COLLECTOR_THRESHOLDS } from './collector-values.ts';

const GREATEST = 'f'.repeat(14);
const digits = fc.integer({ min: 1, max: 14 });

describe('a threshold as text', () => {
  it.each(COLLECTOR_TEXTS)('%s is read and written as the Collector does', (text, written, share, adjustedCount) => {
    const threshold = parseThreshold(text);
    expect(threshold && [formatThreshold(threshold), probabilityOf(threshold), adjustedCountOf(threshold)]).toEqual([
      written,
      share,
      adjustedCount,
    ]);
  });

  it.each([
    ['nothing', ''],
    ['15 digits', '0'.repeat(15)],
    ['upper case', 'C'],
    ['mixed case', 'aB'],
    ['a digit after a space', ' c'],
    ['a digit before a space', 'c '],
    ['a digit before a line break', 'c\n'],
    ['a plus sign', '+1'],
    ['a minus sign', '-1'],
    ['a prefix', '0x1'],
    ['a separator', '1_0'],
    ['a point', '1.5'],
    ['a letter beyond f', 'g'],
    ['a digit of another script', '١'],
    ['a full-width digit', '\uff11'],
    ['a number', 8],
    ['null', null],
    ['undefined', undefined],
    ['a list', ['8']],
  ])('is not accepted if it is %s', (_, text) => {
    expect(parseThreshold(text as string)).toBeUndefined();
  });

  it('is padded with zeros on the right, and written without them', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f]{1,14}$/), (text) => {
        const threshold = parseThreshold(text) ?? KEEP_ALL;
        expect(valueOf(threshold)).toBe(BigInt(`0x${text.padEnd(14, '0')}`));
        expect(formatThreshold(threshold)).toBe(text.replace(/0+$/, '') || '0');
      }),
    );
  });

  it('is the same after being written and read', () => {
    fc.assert(
      fc.property(uint56, (value) => {
        expect(parseThreshold(formatThreshold(thresholdFrom(value)))).toEqual(thresholdFrom(value));
      }),
    );
  });
});

describe('rounding a threshold up', () => {
  it.each([
    ['aaaaaaaaaaaaac', 4, 'aaab'],
    ['aaab', 4, 'aaab'],
    ['aaab', 3, 'aab'],
    ['aaaa0000000001', 4, 'aaab'],
    ['8', 1, '8'],
    ['80000000000001', 1, '9'],
    ['8fff1', 4, '9'],
    ['efffffffffffff', 4, 'f'],
    // Digits that say how small a probability is do not count.
    ['fd70a3d7', 4, 'fd70b'],
    ['ffff8', 4, 'ffff8'],
    ['fffffffffffff1', 1, 'fffffffffffff1'],
    [GREATEST, 1, GREATEST],
    ['0123456', 4, '01235'],
    ['00000000000001', 1, '00000000000001'],
    ['0ffff8', 4, '1'],
    ['0', 1, '0'],
    [GREATEST, 14, GREATEST],
  ])('of %s to %i digits gives %s', (text, count, rounded) => {
    expect(formatThreshold(thresholdFrom(BigInt(`0x${text.padEnd(14, '0')}`)), count)).toBe(rounded);
  });

  it('agrees with BigInt arithmetic: it gives the next multiple, never 2^56', () => {
    fc.assert(
      fc.property(uint56, digits, (value, count) => {
        const leading = /^(?:0+|f+)/.exec(digitsOf(value))?.[0].length ?? 0;
        const unit = 16n ** BigInt(Math.max(0, 14 - count - leading));
        const rounded = roundUpThreshold(thresholdFrom(value), count);
        expect(valueOf(rounded)).toBe(((value + unit - 1n) / unit) * unit);
        expect(valueOf(rounded)).toBeGreaterThanOrEqual(value);
        expect(valueOf(rounded)).toBeLessThan(RANGE);
        expect(roundUpThreshold(rounded, count)).toEqual(rounded);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([0, 15, 1.5, -1, Number.NaN, Infinity])('refuses %s digits', (count) => {
    const refusal = new RangeError(`digits must be a whole number between 1 and 14, got ${count}`);
    expect(() => formatThreshold(KEEP_ALL, count)).toThrow(refusal);
    expect(() => roundUpThreshold(KEEP_ALL, count)).toThrow(refusal);
    expect(() => thresholdOf(0.5, count)).toThrow(refusal);
  });
});

describe('the threshold of a probability', () => {
  it.each(COLLECTOR_THRESHOLDS)(
    "of %d is the Collector's, with any number of digits",
    (share, texts, actual, adjustedCount) => {
      const ours = Array.from({ length: 14 }, (_, index) => formatThreshold(thresholdOf(share, index + 1)));
      expect(ours.join(' ')).toBe(texts);
      expect(probabilityOf(thresholdOf(share))).toBe(actual);
      expect(adjustedCountOf(thresholdOf(share))).toBe(adjustedCount);
    },
  );

  // The table of "Converting floating-point probability to threshold value" in the specification.
  it.each([
    [1, '0 0 0'],
    [2, '8 8 8'],
    [3, 'aab aaab aaaab'],
    [5, 'ccd cccd ccccd'],
    [10, 'e66 e666 e6666'],
    [100, 'fd71 fd70a fd70a4'],
    [1_000, 'ffbe7 ffbe77 ffbe76d'],
    [10_000, 'fff972 fff9724 fff97247'],
    [100_000, 'ffff584 ffff583a ffff583a5'],
    [1_000_000, 'ffffef4 ffffef39 ffffef391'],
  ])("of 1 in %i is the specification's with 3, 4 and 5 digits", (count, texts) => {
    expect([3, 4, 5].map((precision) => formatThreshold(thresholdOf(1 / count, precision))).join(' ')).toBe(texts);
  });

  it('agrees with BigInt arithmetic', () => {
    fc.assert(
      fc.property(probability, digits, (share, count) => {
        const exact = RANGE - BigInt(Math.round(share * 2 ** 56));
        let leading = 0;
        while (Math.min(share, 1 - share || 1) < 16 ** -(leading + 1)) leading += 1;
        const unit = 16n ** BigInt(Math.max(0, 14 - count - leading));
        expect(valueOf(thresholdOf(share))).toBe(exact);
        expect(valueOf(thresholdOf(share, count))).toBe(((exact + unit / 2n) / unit) * unit);
      }),
      { numRuns: 1_000 },
    );
  });

  it('has no more digits than were asked for, as rounding up counts them', () => {
    fc.assert(
      fc.property(probability, digits, (share, count) => {
        const threshold = thresholdOf(share, count);
        expect(roundUpThreshold(threshold, count)).toEqual(threshold);
      }),
    );
  });

  it('falls as the probability rises', () => {
    fc.assert(
      fc.property(probability, probability, (a, b) => {
        expect(isAbove(thresholdOf(Math.max(a, b)), thresholdOf(Math.min(a, b)))).toBe(false);
      }),
    );
  });

  it.each([0, -0.1, 1 + Number.EPSILON, 2 ** -57, Number.NaN, Infinity, -Infinity])('is refused for %d', (share) => {
    expect(() => thresholdOf(share)).toThrow(
      new RangeError(`probability must be between ${2 ** -56} and 1, got ${share}`),
    );
  });

  it('is refused for a value that is not a number', () => {
    expect(() => thresholdOf('0.5' as unknown as number)).toThrow(
      new TypeError('probability must be a number, got string 0.5'),
    );
  });
});

describe('the share that a threshold keeps', () => {
  it('is the nearest double, and its inverse the adjusted count', () => {
    fc.assert(
      fc.property(uint56, (value) => {
        const share = Number(RANGE - value) / 2 ** 56;
        expect(probabilityOf(thresholdFrom(value))).toBe(share);
        expect(adjustedCountOf(thresholdFrom(value))).toBe(1 / share);
      }),
    );
  });

  it('is 1 for the threshold that keeps all', () => {
    expect([formatThreshold(KEEP_ALL), probabilityOf(KEEP_ALL), adjustedCountOf(KEEP_ALL)]).toEqual(['0', 1, 1]);
    expect(thresholdOf(1)).toEqual(KEEP_ALL);
  });

  it('is compared, and the greater threshold found, as with whole numbers', () => {
    // The upper halves are often the same.
    fc.assert(
      fc.property(uint56, fc.oneof(uint56, fc.bigInt({ min: -2n, max: 2n })), (a, other) => {
        const b = other < 3n ? BigInt.asUintN(56, a + other) : other;
        expect(isAbove(thresholdFrom(a), thresholdFrom(b))).toBe(a > b);
        expect(valueOf(maxThreshold(thresholdFrom(a), thresholdFrom(b)))).toBe(a > b ? a : b);
      }),
    );
  });
});
