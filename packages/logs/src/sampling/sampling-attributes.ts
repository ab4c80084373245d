import type { ThresholdMark } from '@spillway/otlp/encoding';
import { copyWith, greaterThresholdText, statedRandomness } from '@spillway/pipeline';
import { formatRandomness, newRandomness, parseRandomness, parseThreshold, type Randomness, type Threshold } from '@spillway/sampling';
import type { ReadableLogRecordLike } from '../readable-log-record.ts';

/**
 * What the Collector's probabilistic sampler calls them, reads and writes.
 * Source: opentelemetry-collector-contrib, processor/probabilisticsamplerprocessor, `logsprocessor.go`.
 */
export const THRESHOLD_ATTRIBUTE = 'sampling.threshold';
const RANDOMNESS_ATTRIBUTE = 'sampling.randomness';

type Attributes = ReadableLogRecordLike['attributes'];
interface SamplingAttributes extends Record<string, string> {
  readonly [THRESHOLD_ATTRIBUTE]: string;
}

/** The threshold that a record says it has passed. */
export function passedThreshold(attributes: Attributes): Threshold | undefined {
  const text = textOf(attributes, THRESHOLD_ATTRIBUTE);
  return text === undefined ? undefined : parseThreshold(text);
}

/** The randomness that a record says: itself, as in the Collector before its trace, or by the trace state of its trace. */
export function randomnessSaid({ attributes, spanContext }: ReadableLogRecordLike): Randomness | undefined {
  const text = textOf(attributes, RANDOMNESS_ATTRIBUTE);
  const given = text === undefined ? undefined : parseRandomness(text);
  return given ?? (spanContext ? statedRandomness(spanContext) : undefined);
}

/**
 * The attributes that say how a record was sampled: its threshold, the greater of this one and the one that it came with, and
 * its randomness where nobody could tell it from the trace id. The threshold is the last one, and its digits all its value.
 */
export function samplingAttributes(record: ReadableLogRecordLike, { threshold, randomness }: ThresholdMark): SamplingAttributes {
  const text = greaterThresholdText(threshold, passedThreshold(record.attributes));
  const said = randomnessSaid(record);
  if (said === undefined && record.spanContext) return { [THRESHOLD_ATTRIBUTE]: text };
  // Where it was drawn, the upper half was for the decision; the lower one is drawn here.
  const whole = said ?? { high: randomness, low: newRandomness().low };
  return { [RANDOMNESS_ATTRIBUTE]: formatRandomness(whole), [THRESHOLD_ATTRIBUTE]: text };
}

/**
 * The attributes of a record without what it said of its sampling before: two of one name would be none. Reads no value, for
 * one that throws is to cost that attribute and not the record.
 */
export function withoutSampling(attributes: Attributes): Attributes {
  if (!attributes || (!Object.hasOwn(attributes, THRESHOLD_ATTRIBUTE) && !Object.hasOwn(attributes, RANDOMNESS_ATTRIBUTE))) return attributes;
  const { [THRESHOLD_ATTRIBUTE]: _, [RANDOMNESS_ATTRIBUTE]: _randomness, ...others } = Object.getOwnPropertyDescriptors(attributes);
  return Object.defineProperties({}, others);
}

/** A copy of the record with these attributes; the record itself stays as it is. */
export function markedLogRecord(record: ReadableLogRecordLike, mark: ThresholdMark): ReadableLogRecordLike {
  const others = Object.getOwnPropertyDescriptors(withoutSampling(record.attributes) ?? {});
  return copyWith(record, { attributes: Object.assign(Object.defineProperties({}, others), samplingAttributes(record, mark)) });
}

/** Nothing where reading it throws. */
function textOf(attributes: Attributes, name: string): string | undefined {
  try {
    const text = attributes?.[name];
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
