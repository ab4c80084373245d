import { keepRule, type SamplingRules, wholeThreshold } from '@spillway/otlp';
import { isAbove, newRandomness, upperRandomnessOf } from '@spillway/sampling';
import type { ReadableLogRecordLike } from '../readable-log-record.ts';
import { SEVERITY_LANES, severityLane } from '../severity.ts';
import { passedThreshold, randomnessSaid } from './sampling-attributes.ts';

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
    isMarked: ({ attributes }, threshold) => {
      const passed = passedThreshold(attributes);
      return passed === undefined || isAbove(wholeThreshold(threshold), passed);
    },
  };
}

function randomnessOf(record: ReadableLogRecordLike): number {
  const said = randomnessSaid(record);
  if (said !== undefined) return said.high;
  return record.spanContext ? upperRandomnessOf(record.spanContext.traceId) : newRandomness().high;
}
