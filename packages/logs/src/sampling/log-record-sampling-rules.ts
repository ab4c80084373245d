import { keepRule, type SamplingRules } from '@spillway/pipeline';
import { newRandomness, type Threshold, upperRandomnessOf } from '@spillway/sampling';
import type { ReadableLogRecordLike } from '../readable-log-record.ts';
import { SEVERITY_LANES, severityLane } from '../severity.ts';
import { passedThreshold, randomnessSaid } from './sampling-attributes.ts';

/** Of the upper 28 bits of randomness. */
const VALUES = 2 ** 28;

/** Which log records are kept whatever the load. What it throws is a no. */
export type LogRecordKeep = (record: ReadableLogRecordLike) => boolean;

/**
 * What log records say of themselves for sampling under load: warnings and worse are exempt; records of a trace have its
 * randomness, as its spans do; for the others it is drawn.
 * @throws TypeError where `keep` is no function
 */
export function logRecordSamplingRules(keep: LogRecordKeep | undefined): SamplingRules<ReadableLogRecordLike> {
  if (keep !== undefined && typeof keep !== 'function') throw new TypeError(`keep must be a function, got ${typeof keep}`);
  const isKept = keep === undefined ? undefined : keepRule(keep);
  return {
    isExempt: (record) => severityLane(record.severityNumber) >= SEVERITY_LANES.WARN || (isKept !== undefined && isKept(record)),
    randomnessOf,
    isProbabilityKnown: () => true,
  };
}

function randomnessOf(record: ReadableLogRecordLike): number {
  const said = randomnessSaid(record);
  if (said !== undefined) return said.high;
  return record.spanContext ? upperRandomnessOf(record.spanContext.traceId) : drawnRandomness(passedThreshold(record.attributes));
}

/** What has passed a threshold has randomness at or above it, though it was not said: it is drawn of those values alone. */
function drawnRandomness(passed: Threshold | undefined): number {
  const { high } = newRandomness();
  return passed === undefined ? high : passed.high + Math.floor((high / VALUES) * (VALUES - passed.high));
}
