import fc from 'fast-check';
import { parseRandomness, parseThreshold, type Randomness, type Threshold } from '@spillway/sampling';

export const RANGE = 1n << 56n;

/** The naive model: a value of 56 bits as a BigInt. */
export const valueOf = ({ high, low }: { readonly high: number; readonly low: number }): bigint =>
  (BigInt(high) << 28n) | BigInt(low);

export const digitsOf = (value: bigint): string => value.toString(16).padStart(14, '0');
export const thresholdFrom = (value: bigint): Threshold => parseThreshold(digitsOf(value)) as Threshold;
export const randomnessFrom = (value: bigint): Randomness => parseRandomness(digitsOf(value)) as Randomness;

/** Any 56 bits, often with long runs of `0` and `f` at both ends, where rounding and carrying happen. */
export const uint56: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: RANGE - 1n }),
  fc
    .tuple(
      fc.nat({ max: 14 }),
      fc.constantFrom('0', 'f'),
      fc.stringMatching(/^[0-9a-f]{14}$/),
      fc.constantFrom('0', 'f'),
      fc.nat({ max: 14 }),
    )
    .map(([before, first, middle, last, after]) => {
      const text = first.repeat(before) + middle.slice(before, Math.max(before, 14 - after));
      return BigInt(`0x${text.padEnd(14, last)}`);
    }),
);

/** Any probability that a threshold can have, often on a logarithmic scale or close to 1. */
export const probability: fc.Arbitrary<number> = fc.oneof(
  fc.double({ min: 2 ** -56, max: 1, noNaN: true }),
  fc.double({ min: -56, max: 0, noNaN: true }).map((exponent) => Math.max(2 ** -56, 2 ** exponent)),
  fc.double({ min: -53, max: -1, noNaN: true }).map((exponent) => 1 - 2 ** exponent),
);
