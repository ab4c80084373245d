import { keepRule, type SamplingRules } from '@spillway/pipeline';
import { newRandomness, type Threshold, upperRandomnessOf } from '@spillway/sampling';
import type { ReadableLogRecordLike } from '../readable-log-record.ts';
import { SEVERITY_LANES, severityLane } from '../severity-priority.ts';
import { passedThreshold, randomnessSaid } from './sampling-attributes.ts';

/** Number of values of the upper 28 bits of randomness. */
const VALUES = 2 ** 28;

/** Decides which log records are kept whatever the load. If it throws, the record is not exempt. */
export type LogRecordKeep = (record: ReadableLogRecordLike) => boolean;

/**
 * How sampling under load reads log records. Warnings and worse are exempt. Records of a trace have the randomness of
 * the trace, like its spans. For other records, randomness is drawn.
 * @throws TypeError if `keep` is not a function
 */
export function logRecordSamplingRules(keep: LogRecordKeep | undefined): SamplingRules<ReadableLogRecordLike> {
  if (keep !== undefined && typeof keep !== 'function')
    throw new TypeError(`keep must be a function, got ${typeof keep}`);
  const isKept = keep === undefined ? undefined : keepRule(keep);
  return {
    isExempt: (record) =>
      severityLane(record.severityNumber) >= SEVERITY_LANES.WARN || (isKept !== undefined && isKept(record)),
    randomnessOf,
    isProbabilityKnown: () => true,
  };
}

function randomnessOf(record: ReadableLogRecordLike): number {
  const said = randomnessSaid(record);
  if (said !== undefined) return said.high;
  return record.spanContext
    ? upperRandomnessOf(record.spanContext.traceId)
    : drawnRandomness(passedThreshold(record.attributes));
}

/** A record that has passed a threshold has randomness at or above it, so only such values are drawn. */
function drawnRandomness(passed: Threshold | undefined): number {
  const { high } = newRandomness();
  return passed === undefined ? high : passed.high + Math.floor((high / VALUES) * (VALUES - passed.high));
}
