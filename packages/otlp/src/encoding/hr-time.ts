import type { HrTimeLike } from './field.ts';

const MILLIS_PER_SECOND = 1_000;
const NANOS_PER_MILLI = 1e6;

/** Milliseconds since 1970 as OTLP's pair of seconds and nanoseconds. */
export function hrTimeOf(millis: number): HrTimeLike {
  return [Math.trunc(millis / MILLIS_PER_SECOND), Math.round((millis % MILLIS_PER_SECOND) * NANOS_PER_MILLI)];
}
