import type { Threshold } from './threshold.ts';
import { DIGITS, fromDigits, halfAt, HALF_DIGITS, HALF_RANGE, isLess, toDigits, type Uint56 } from './uint56.ts';

/**
 * 56 random bits that all spans of a trace share, so that every participant decides alike about the trace: the value of
 * `rv` where there is one, else the low 56 bits of the trace id.
 */
export interface Randomness extends Uint56 {
  /** Only in the type, never set: thresholds and randomness are not to be mixed up. */
  readonly kind?: 'randomness';
}

const RANDOMNESS_TEXT = /^[0-9a-f]{14}$/;

/** Hex digits of a trace id, and where those begin that are random (W3C Trace Context Level 2, "Randomness of trace-id"). */
const TRACE_ID_DIGITS = 32;
const HIGH_FROM = TRACE_ID_DIGITS - DIGITS;
const LOW_FROM = TRACE_ID_DIGITS - HALF_DIGITS;

/** What W3C Trace Context calls invalid: no trace has it. */
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
 * The low 56 bits of a trace id. That they are random is presumed, as OpenTelemetry does: older ids may be less so.
 * @returns `undefined` for what is no trace id: not 32 characters, no hex digit (of either case) among the last 14, or all
 *   zero. The first 18 characters say nothing of randomness, and are not looked at
 */
export function randomnessOfTraceId(traceId: string): Randomness | undefined {
  if (typeof traceId !== 'string') return undefined;
  const high = halfAt(traceId, HIGH_FROM);
  const low = halfAt(traceId, LOW_FROM);
  return isTraceId(traceId, high, low) ? { high, low } : undefined;
}

/**
 * The upper 28 of those 56 bits as a plain number, for who decides in a hot path with a threshold whose lower bits are 0.
 * @returns a negative number for what is no trace id: one of the seven digits is none, or all of the id is zero. The other
 *   digits are not looked at else
 */
export function upperRandomnessOf(traceId: string): number {
  const high = halfAt(traceId, HIGH_FROM);
  return high === 0 && traceId === ZEROS ? NONE : high;
}

/**
 * Randomness for what has no trace, to be written as `rv` or `sampling.randomness`.
 * @param source of numbers in [0, 1), asked twice, since one number has 53 bits at most. Default `Math.random`
 */
export function newRandomness(source: () => number = random): Randomness {
  const high = randomHalf(source);
  return { high, low: randomHalf(source) };
}

/** Whether a threshold keeps what has this randomness: the randomness is at or above it. */
export function isKept(randomness: Randomness, threshold: Threshold): boolean {
  return !isLess(randomness, threshold);
}

/**
 * The same for a span without `rv`, straight from its trace id: allocates nothing. What is no trace id is kept: where there is
 * no randomness, that is the lesser harm.
 */
export function isTraceKept(traceId: string, threshold: Threshold): boolean {
  const high = halfAt(traceId, HIGH_FROM);
  // Most are decided here. To be kept, it need not be a trace id; what is none is negative, and goes on.
  if (high > threshold.high) return true;
  const low = halfAt(traceId, LOW_FROM);
  return (high === threshold.high && low >= threshold.low) || !isTraceId(traceId, high, low);
}

/** @param high and `low`: the text's two halves of randomness, negative where they are none */
function isTraceId(text: string, high: number, low: number): boolean {
  if (high < 0 || low < 0 || text.length !== TRACE_ID_DIGITS) return false;
  return high !== 0 || low !== 0 || text !== ZEROS;
}

/** The one seam for chance: a number in [0, 1). Where spans have a trace, chance is the trace id's, not this. */
function random(): number {
  return Math.random();
}

function randomHalf(source: () => number): number {
  // Also makes a half of what is no number in [0, 1).
  return (source() * HALF_RANGE) & (HALF_RANGE - 1);
}
