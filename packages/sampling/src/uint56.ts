/**
 * A whole number of 56 bits, for thresholds and randomness.
 *
 * A double holds 53 bits, and arithmetic on a BigInt allocates. Two halves of 28 bits lose nothing. Each half is seven
 * hex digits, so text splits between digits. Each half also fits the small integers that JavaScript engines store
 * without an object (31 bits in V8 with compressed pointers), so comparing two values allocates nothing.
 */
export interface Uint56 {
  /** The upper seven hex digits: 0 to 2^28 - 1. */
  readonly high: number;
  /** The lower seven hex digits: 0 to 2^28 - 1. */
  readonly low: number;
}

/** Hex digits of the whole: 56 bits. */
export const DIGITS = 14;

/** Hex digits of one half. */
export const HALF_DIGITS = 7;

/** One more than a half can hold. */
export const HALF_RANGE = 2 ** 28;

const NONE = -1;

/** The value of a hex digit by its ASCII code; -1 for other characters. */
const DIGIT_VALUE = Int8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? NONE : value;
});

/**
 * The value of a hex digit of either case; negative for other characters. It uses a table instead of comparisons,
 * because the digits of random ids would mislead the branch prediction half of the time.
 */
function hexDigitAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  // Beyond the end of the text the code is NaN, for which this is false too, so the index stays within the table.
  return code < 128 ? (DIGIT_VALUE[code] as number) : NONE;
}

/**
 * Seven hex digits of either case, from `index`, as a number; negative if one is not a hex digit. Allocates nothing.
 */
export function halfAt(text: string, index: number): number {
  let value = 0;
  // A character that is not a digit has the value -1, which sets all bits. Six more shifts by four keep the sign bit
  // set.
  for (let at = index; at < index + HALF_DIGITS; at += 1) value = (value << 4) | hexDigitAt(text, at);
  return value;
}

/** @param digits exactly 14 hex digits */
export function fromDigits(digits: string): Uint56 {
  return { high: halfAt(digits, 0), low: halfAt(digits, HALF_DIGITS) };
}

/** All 14 digits, in lower case, with their leading zeros. */
export function toDigits({ high, low }: Uint56): string {
  return halfDigits(high) + halfDigits(low);
}

/** Whether `a` is less than `b`. */
export function isLess(a: Uint56, b: Uint56): boolean {
  return a.high === b.high ? a.low < b.low : a.high < b.high;
}

/** The sum, which the caller must know to be below 2^56. */
export function add(a: Uint56, b: Uint56): Uint56 {
  const low = a.low + b.low;
  return low < HALF_RANGE ? { high: a.high + b.high, low } : { high: a.high + b.high + 1, low: low - HALF_RANGE };
}

function halfDigits(half: number): string {
  return half.toString(16).padStart(HALF_DIGITS, '0');
}
