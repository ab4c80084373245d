import { between, wholeBetween } from './bound-checks.ts';
import { add, DIGITS, fromDigits, HALF_DIGITS, HALF_RANGE, isLess, toDigits, type Uint56 } from './uint56.ts';

/**
 * A rejection threshold: of 2^56 equally likely values of randomness, how many are not kept. Probability is
 * `1 - threshold / 2^56`, so that 0 keeps all and the greatest keeps 1 of 2^56; there is none that keeps nothing.
 *
 * What this file does follows OpenTelemetry, "TraceState: Probability Sampling" (specification 1.60, status
 * Development), and agrees with the Collector's `pkg/sampling` 0.165 on every value.
 */
export interface Threshold extends Uint56 {
  /** Only in the type, never set: thresholds and randomness are not to be mixed up. */
  readonly kind?: 'threshold';
}

/** The threshold 0, which keeps all. */
export const KEEP_ALL: Threshold = { high: 0, low: 0 };

const VALUES = 2 ** 56;
const THRESHOLD_TEXT = /^[0-9a-f]{1,14}$/;

/**
 * Reads the value of `th`: 1 to 14 lower-case hex digits, filled up with zeros on the right.
 * @returns `undefined` for anything else. The Collector also takes upper case, which the specification does not allow.
 */
export function parseThreshold(text: string): Threshold | undefined {
  if (typeof text !== 'string' || !THRESHOLD_TEXT.test(text)) return undefined;
  return fromDigits(text.padEnd(DIGITS, '0'));
}

/**
 * Writes a threshold as the value of `th`: hex digits without the zeros on the right, `0` for the one that keeps all.
 * @param digits rounds up as {@link roundUpThreshold} does. Default: exact
 * @throws RangeError or TypeError unless `digits` is a whole number from 1 to 14
 */
export function formatThreshold(threshold: Threshold, digits: number = DIGITS): string {
  const text = toDigits(roundUpThreshold(threshold, digits));
  let end = text.length;
  while (end > 1 && text.charCodeAt(end - 1) === 0x30) end -= 1;
  return text.slice(0, end);
}

/**
 * The smallest threshold at or above the given one that is written with so many significant digits. Digits count as they do
 * in the specification's conversion of probabilities: `f`s and `0`s at the beginning do not, since they say how small a
 * probability is and not how exact. `fd70a3d7` is `fd70b` with 4 digits; a count from the first would give `fd71` here, and
 * for `ffff8` nothing below 2^56 at all.
 *
 * Decide with the rounded threshold, and write the same: spans between the two would be counted wrongly.
 * @throws RangeError or TypeError unless `digits` is a whole number from 1 to 14
 */
export function roundUpThreshold(threshold: Threshold, digits: number): Threshold {
  const spare = DIGITS - wholeBetween('digits', digits, 1, DIGITS);
  const dropped = spare === 0 ? 0 : spare - leadingDigits(threshold);
  // The carry stays below 2^56: the first digit behind the `f`s is kept, and is none.
  return dropped <= 0 ? threshold : clearLowest(add(threshold, below(dropped)), dropped);
}

/**
 * The threshold of a probability, as the Collector's `ProbabilityToThresholdWithPrecision` computes it.
 *
 * Rounded to the nearest, not up: a probability that was configured stands for what its user wrote down, an error to either
 * side is as good, and every participant that was told the same probability must arrive at the same threshold.
 * Multiplying a double by 2^56 is exact, so that all 14 digits are as near as the double was.
 *
 * @param probability from 2^-56 to 1
 * @param digits significant digits, from 1 to 14, where `f`s and `0`s at the beginning do not count. The specification
 *   recommends 4. Default 14
 * @throws RangeError or TypeError for any other value
 */
export function thresholdOf(probability: number, digits: number = DIGITS): Threshold {
  between('probability', probability, 1 / VALUES, 1);
  wholeBetween('digits', digits, 1, DIGITS);
  if (probability === 1) return KEEP_ALL;
  const kept = Math.round(probability * VALUES);
  const keptLow = kept % HALF_RANGE;
  const keptHigh = (kept - keptLow) / HALF_RANGE;
  const threshold: Threshold = keptLow === 0
    ? { high: HALF_RANGE - keptHigh, low: 0 }
    : { high: HALF_RANGE - 1 - keptHigh, low: HALF_RANGE - keptLow };
  // The specification's own function, in Python, adds digits for `f`s only; the Collector's for `0`s too.
  const leading = Math.max(leadingZeros(probability), leadingZeros(1 - probability));
  const dropped = DIGITS - digits - leading;
  return dropped <= 0 ? threshold : clearLowest(add(threshold, halfOf(dropped)), dropped);
}

/** The share of items that a threshold keeps: from 2^-56 to 1. The nearest double. */
export function probabilityOf(threshold: Threshold): number {
  // The first difference is exact and the second is rounded once; to divide by a power of two is exact.
  return ((HALF_RANGE - threshold.high) * HALF_RANGE - threshold.low) / VALUES;
}

/** How many items one that was kept stands for: 1 / probability, from 1 to 2^56. */
export function adjustedCountOf(threshold: Threshold): number {
  return 1 / probabilityOf(threshold);
}

/** Whether `a` keeps less than `b`. */
export function isAbove(a: Threshold, b: Threshold): boolean {
  return isLess(b, a);
}

/** The greater of two thresholds: what holds for an item that has passed both. */
export function maxThreshold(a: Threshold, b: Threshold): Threshold {
  return isAbove(b, a) ? b : a;
}

/** `f`s or `0`s at the beginning. */
function leadingDigits(value: Uint56): number {
  const digits = toDigits(value);
  const first = digits.charCodeAt(0);
  if (first !== 0x30 && first !== 0x66) return 0;
  let count = 1;
  while (count < DIGITS && digits.charCodeAt(count) === first) count += 1;
  return count;
}

/** Hex zeros behind the point of a number from 0 to 1. */
function leadingZeros(share: number): number {
  let count = 0;
  for (let rest = share; rest * 16 < 1; rest *= 16) count += 1;
  return count;
}

/** The greatest number of so many digits. */
function below(digits: number): Uint56 {
  if (digits <= HALF_DIGITS) return { high: 0, low: 16 ** digits - 1 };
  return { high: 16 ** (digits - HALF_DIGITS) - 1, low: HALF_RANGE - 1 };
}

/** Half of the smallest number that has one digit more. */
function halfOf(digits: number): Uint56 {
  if (digits <= HALF_DIGITS) return { high: 0, low: 16 ** digits / 2 };
  return { high: 16 ** (digits - HALF_DIGITS) / 2, low: 0 };
}

/** Sets so many digits at the end to zero. */
function clearLowest({ high, low }: Uint56, digits: number): Threshold {
  if (digits <= HALF_DIGITS) return { high, low: low - (low % 16 ** digits) };
  return { high: high - (high % 16 ** (digits - HALF_DIGITS)), low: 0 };
}
