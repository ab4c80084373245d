import type { Threshold } from './threshold.ts';
import { DIGITS, fromDigits, halfAt, HALF_DIGITS, HALF_RANGE, isLess, toDigits, type Uint56 } from './uint56.ts';

/**
 * 56 random bits that all spans of a trace share, so that every participant makes the same decision about the trace:
 * the value of `rv` if there is one, otherwise the low 56 bits of the trace id.
 */
export interface Randomness extends Uint56 {
  /** Never set. It exists in the type only, so that thresholds and randomness cannot be mixed up. */
  readonly kind?: 'randomness';
}

const RANDOMNESS_TEXT = /^[0-9a-f]{14}$/;

/**
 * Hex digits of a trace id, and where its random digits begin (W3C Trace Context Level 2, "Randomness of trace-id").
 */
const TRACE_ID_DIGITS = 32;
const HIGH_FROM = TRACE_ID_DIGITS - DIGITS;
const LOW_FROM = TRACE_ID_DIGITS - HALF_DIGITS;

/** An invalid trace id by W3C Trace Context: no trace has it. */
const ZEROS = '0'.repeat(TRACE_ID_DIGITS);
const NONE = -1;

/**
 * Reads the value of `rv`: exactly 14 lower-case hex digits.
 * @returns `undefined` for anything else. The Collector also takes upper case, which the specification does not allow.
 */
export function parseRandomness(text: string): Randomness | undefined {
  return typeof text === 'string' && RANDOMNESS_TEXT.test(text) ? fromDigits(text) : undefined;
}

/** Writes randomness as the value of `rv`: 14 lower-case hex digits. */
export function formatRandomness(randomness: Randomness): string {
  return toDigits(randomness);
}

/**
 * The low 56 bits of a trace id. They are presumed to be random, as in OpenTelemetry; older ids may be less random.
 * @returns `undefined` for a value that is not a trace id: its length is not 32, one of the last 14 characters is not a
 * hex
 *   digit (of either case), or all digits are zero. The first 18 characters are not checked, because they are not part
 *   of the randomness
 */
export function randomnessOfTraceId(traceId: string): Randomness | undefined {
  if (typeof traceId !== 'string') return undefined;
  const high = halfAt(traceId, HIGH_FROM);
  const low = halfAt(traceId, LOW_FROM);
  return isTraceId(traceId, high, low) ? { high, low } : undefined;
}

/**
 * The upper 28 of those 56 bits as a plain number, for decisions in a hot path with a threshold whose lower bits are 0.
 * @returns a negative number for a value that is not a trace id: one of the seven characters is not a hex digit, or the
 *   whole id is zero. The other characters are not checked
 */
export function upperRandomnessOf(traceId: string): number {
  const high = halfAt(traceId, HIGH_FROM);
  return high === 0 && traceId === ZEROS ? NONE : high;
}

/**
 * Randomness for an item without a trace, to be written as `rv` or `sampling.randomness`.
 * @param source of numbers in [0, 1), called twice, because one number has at most 53 bits. Default `Math.random`
 */
export function newRandomness(source: () => number = random): Randomness {
  const high = randomHalf(source);
  return { high, low: randomHalf(source) };
}

/** Whether a threshold keeps an item with this randomness: the randomness is at or above the threshold. */
export function isKept(randomness: Randomness, threshold: Threshold): boolean {
  return !isLess(randomness, threshold);
}

/**
 * The same for a span without `rv`, straight from its trace id and without allocating. An invalid trace id is kept:
 * without randomness, keeping the item does the least harm.
 */
export function isTraceKept(traceId: string, threshold: Threshold): boolean {
  const high = halfAt(traceId, HIGH_FROM);
  // Most kept ids are decided here, valid or not. An id with a bad digit in this half is negative and goes on.
  if (high > threshold.high) return true;
  const low = halfAt(traceId, LOW_FROM);
  return (high === threshold.high && low >= threshold.low) || !isTraceId(traceId, high, low);
}

/**
 * @param high and `low`: the two halves of the text's randomness, negative if they have a character that is no hex
 * digit
 */
function isTraceId(text: string, high: number, low: number): boolean {
  if (high < 0 || low < 0 || text.length !== TRACE_ID_DIGITS) return false;
  return high !== 0 || low !== 0 || text !== ZEROS;
}

/**
 * The one seam for chance: a number in [0, 1). For items with a trace, the trace id is the source of chance instead.
 */
function random(): number {
  return Math.random();
}

function randomHalf(source: () => number): number {
  // The mask also turns a number outside [0, 1) into a valid half.
  return (source() * HALF_RANGE) & (HALF_RANGE - 1);
}
