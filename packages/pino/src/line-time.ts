import { type HrTimeLike, hrTimeOf } from '@spillway/otlp/encoding';

/** A number below it is seconds, as `stdTimeFunctions.unixTime` writes them: as milliseconds, it would be in 1973. */
const LEAST_MILLIS = 1e11;
const NANO_DIGITS = 9;
const FRACTION = /\.(\d+)/;

/** The time of a line: milliseconds, seconds, or ISO 8601, down to nanoseconds. `undefined` for anything else. */
export function lineTime(time: unknown): HrTimeLike | undefined {
  if (typeof time === 'number') return hrTimeOf(time < LEAST_MILLIS ? time * 1_000 : time);
  if (typeof time !== 'string') return undefined;
  const millis = Date.parse(time);
  if (Number.isNaN(millis)) return undefined;
  // `Date.parse` reads no more than milliseconds.
  const [, fraction = ''] = FRACTION.exec(time) ?? [];
  return [Math.floor(millis / 1_000), Number(fraction.slice(0, NANO_DIGITS).padEnd(NANO_DIGITS, '0'))];
}
