import { type SamplingRules, traceStateText } from '@spillway/otlp';
import { newRandomness, parseRandomness, parseThreshold, readOtTraceState, upperRandomnessOf } from '@spillway/sampling';
import type { ReadableLogRecordLike } from '../readable-log-record.ts';
import { SEVERITY_LANES, severityLane } from '../severity.ts';
import { RANDOMNESS_ATTRIBUTE, THRESHOLD_ATTRIBUTE } from './sampling-attributes.ts';

/** Bits of a threshold's upper half below those that are decided with. */
const HALF_BITS_BELOW = 12;

/** Which log records are kept whatever the load. What it throws is a no. */
export type LogRecordKeep = (record: ReadableLogRecordLike) => boolean;

/**
 * What log records say of themselves for sampling under load: warnings and worse are exempt; records of a trace share its
 * fate with its spans; the others are drawn one by one.
 * @throws TypeError where `keep` is no function
 */
export function logRecordSamplingRules(keep: LogRecordKeep | undefined): SamplingRules<ReadableLogRecordLike> {
  if (keep !== undefined && typeof keep !== 'function') throw new TypeError(`keep must be a function, got ${typeof keep}`);
  return {
    isExempt: (record) => severityLane(record.severityNumber) >= SEVERITY_LANES.WARN || (keep !== undefined && isKept(keep, record)),
    randomnessOf,
    isMarked: (record, threshold) => !hasPassed(record, threshold),
  };
}

function isKept(keep: LogRecordKeep, record: ReadableLogRecordLike): boolean {
  try {
    return keep(record);
  } catch {
    return false;
  }
}

/** What the record says itself comes first, as in the Collector's sampler. */
function randomnessOf({ spanContext, attributes }: ReadableLogRecordLike): number {
  const attribute = attributes?.[RANDOMNESS_ATTRIBUTE];
  const given = typeof attribute === 'string' ? parseRandomness(attribute) : undefined;
  if (given !== undefined) return given.high;
  if (!spanContext) return newRandomness().high;
  const stated = spanContext.traceState ? readOtTraceState(traceStateText(spanContext)).randomness : undefined;
  return stated?.high ?? upperRandomnessOf(spanContext.traceId);
}

/** Whether a record says that it has passed a threshold at least as high. */
function hasPassed({ attributes }: ReadableLogRecordLike, threshold: number): boolean {
  const attribute = attributes?.[THRESHOLD_ATTRIBUTE];
  const passed = typeof attribute === 'string' ? parseThreshold(attribute) : undefined;
  return passed !== undefined && passed.high >= threshold << HALF_BITS_BELOW;
}
