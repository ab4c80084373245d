import { between, wholeBetween } from './bound-checks.ts';
import { add, DIGITS, fromDigits, HALF_DIGITS, HALF_RANGE, isLess, toDigits, type Uint56 } from './uint56.ts';

/**
 * A rejection threshold: how many of 2^56 equally likely values of randomness are not kept. The probability is
 * `1 - threshold / 2^56`, so 0 keeps all and the greatest threshold keeps 1 of 2^56. No threshold keeps nothing.
 *
 * This file follows OpenTelemetry, "TraceState: Probability Sampling" (specification 1.60, status Development), and
 * agrees with the Collector's `pkg/sampling` 0.165 on every value.
 */
export interface Threshold extends Uint56 {
  /** Never set. It exists in the type only, so that thresholds and randomness cannot be mixed up. */
  readonly kind?: 'threshold';
}

/** The threshold 0, which keeps all items. */
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
 * Writes a threshold as the value of `th`: hex digits without trailing zeros, or `0` for the threshold that keeps all.
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
 * The smallest threshold at or above the given one that has at most this many significant digits. Digits are counted as
 * in the specification's conversion of probabilities: leading `f`s and `0`s do not count, because they say how small a
 * probability is, not how exact. `fd70a3d7` with 4 digits is `fd70b`. If leading digits counted, it would be `fd71`,
 * and there would be no result below 2^56 for `ffff8`.
 *
 * Decide with the rounded threshold and write the same one. Otherwise spans between the two would be counted wrongly.
 * @throws RangeError or TypeError unless `digits` is a whole number from 1 to 14
 */
export function roundUpThreshold(threshold: Threshold, digits: number): Threshold {
  const spare = DIGITS - wholeBetween('digits', digits, 1, DIGITS);
  const dropped = spare === 0 ? 0 : spare - leadingDigits(threshold);
  // The carry stays below 2^56: the first digit after the `f`s is kept, and it is not an `f`.
  return dropped <= 0 ? threshold : clearLowest(add(threshold, below(dropped)), dropped);
}

/**
 * The threshold of a probability, as the Collector's `ProbabilityToThresholdWithPrecision` computes it.
 *
 * It rounds to the nearest, not up: a user configured this probability, an error to either side is equally good, and
 * every participant with the same probability must arrive at the same threshold. Multiplying a double by 2^56 is exact,
 * so all 14 digits are as near as the double was.
 *
 * @param probability from 2^-56 to 1
 * @param digits significant digits, from 1 to 14; leading `f`s and `0`s do not count. The specification recommends 4.
 *   Default 14
 * @throws RangeError or TypeError for any other value
 */
export function thresholdOf(probability: number, digits: number = DIGITS): Threshold {
  between('probability', probability, 1 / VALUES, 1);
  wholeBetween('digits', digits, 1, DIGITS);
  if (probability === 1) return KEEP_ALL;
  const kept = Math.round(probability * VALUES);
  const keptLow = kept % HALF_RANGE;
  const keptHigh = (kept - keptLow) / HALF_RANGE;
  const threshold: Threshold =
    keptLow === 0
      ? { high: HALF_RANGE - keptHigh, low: 0 }
      : { high: HALF_RANGE - 1 - keptHigh, low: HALF_RANGE - keptLow };
  // The specification's own function, in Python, adds digits only for `f`s; the Collector's adds them for `0`s too.
  const leading = Math.max(leadingZeros(probability), leadingZeros(1 - probability));
  const dropped = DIGITS - digits - leading;
  return dropped <= 0 ? threshold : clearLowest(add(threshold, halfOf(dropped)), dropped);
}

/** The share of items that a threshold keeps: from 2^-56 to 1. The nearest double. */
export function probabilityOf(threshold: Threshold): number {
  // The first difference is exact and the second is rounded once. Dividing by a power of two is exact.
  return ((HALF_RANGE - threshold.high) * HALF_RANGE - threshold.low) / VALUES;
}

/** How many items one kept item stands for: 1 / probability, from 1 to 2^56. */
export function adjustedCountOf(threshold: Threshold): number {
  return 1 / probabilityOf(threshold);
}

/** Whether `a` keeps less than `b`. */
export function isAbove(a: Threshold, b: Threshold): boolean {
  return isLess(b, a);
}

/** The greater of two thresholds, which is the threshold of an item that has passed both. */
export function maxThreshold(a: Threshold, b: Threshold): Threshold {
  return isAbove(b, a) ? b : a;
}

/** The number of leading `f`s or `0`s. */
function leadingDigits(value: Uint56): number {
  const digits = toDigits(value);
  const first = digits.charCodeAt(0);
  if (first !== 0x30 && first !== 0x66) return 0;
  let count = 1;
  while (count < DIGITS && digits.charCodeAt(count) === first) count += 1;
  return count;
}

/** The number of hex zeros after the point of a number from 0 to 1. */
function leadingZeros(share: number): number {
  let count = 0;
  for (let rest = share; rest * 16 < 1; rest *= 16) count += 1;
  return count;
}

/** The greatest number with this many digits. */
function below(digits: number): Uint56 {
  if (digits <= HALF_DIGITS) return { high: 0, low: 16 ** digits - 1 };
  return { high: 16 ** (digits - HALF_DIGITS) - 1, low: HALF_RANGE - 1 };
}

/** Half of the smallest number that has one more digit. */
function halfOf(digits: number): Uint56 {
  if (digits <= HALF_DIGITS) return { high: 0, low: 16 ** digits / 2 };
  return { high: 16 ** (digits - HALF_DIGITS) / 2, low: 0 };
}

/** Sets the last `digits` digits to zero. */
function clearLowest({ high, low }: Uint56, digits: number): Threshold {
  if (digits <= HALF_DIGITS) return { high, low: low - (low % 16 ** digits) };
  return { high: high - (high % 16 ** (digits - HALF_DIGITS)), low: 0 };
}
