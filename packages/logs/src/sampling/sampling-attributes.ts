import type { ThresholdMark } from '@spillway/otlp/encoding';
import { copyWith, greaterThresholdText, statedRandomness } from '@spillway/pipeline';
import {
  formatRandomness,
  newRandomness,
  parseRandomness,
  parseThreshold,
  type Randomness,
  type Threshold,
} from '@spillway/sampling';
import type { ReadableLogRecordLike } from '../readable-log-record.ts';

/**
 * The attributes that the Collector's probabilistic sampler reads and writes.
 * Source: opentelemetry-collector-contrib, processor/probabilisticsamplerprocessor, `logsprocessor.go`.
 */
export const THRESHOLD_ATTRIBUTE = 'sampling.threshold';
const RANDOMNESS_ATTRIBUTE = 'sampling.randomness';

type Attributes = ReadableLogRecordLike['attributes'];
interface SamplingAttributes extends Record<string, string> {
  readonly [THRESHOLD_ATTRIBUTE]: string;
}

/** The threshold that a record has passed, according to its attributes. */
export function passedThreshold(attributes: Attributes): Threshold | undefined {
  const text = textOf(attributes, THRESHOLD_ATTRIBUTE);
  return text === undefined ? undefined : parseThreshold(text);
}

/** The randomness that a record states: in its own attribute, which wins as in the Collector, or in its trace state. */
export function randomnessSaid({ attributes, spanContext }: ReadableLogRecordLike): Randomness | undefined {
  const text = textOf(attributes, RANDOMNESS_ATTRIBUTE);
  const given = text === undefined ? undefined : parseRandomness(text);
  return given ?? (spanContext ? statedRandomness(spanContext) : undefined);
}

/**
 * The attributes that say how a record was sampled. The threshold is the greater of this one and the one that the
 * record came with. The randomness is there only if it does not follow from the trace id. The threshold is the last
 * attribute, and its value consists only of its digits.
 */
export function samplingAttributes(
  record: ReadableLogRecordLike,
  { threshold, randomness }: ThresholdMark,
): SamplingAttributes {
  const text = greaterThresholdText(threshold, passedThreshold(record.attributes));
  const said = randomnessSaid(record);
  if (said === undefined && record.spanContext) return { [THRESHOLD_ATTRIBUTE]: text };
  // If the randomness was drawn, only its upper half was needed for the decision. The lower half is drawn here.
  const whole = said ?? { high: randomness, low: newRandomness().low };
  return { [RANDOMNESS_ATTRIBUTE]: formatRandomness(whole), [THRESHOLD_ATTRIBUTE]: text };
}

/**
 * The attributes of a record without earlier sampling attributes, because two attributes of one name would be invalid.
 * It reads no value: if reading a value throws, that must cost only the attribute, not the record.
 */
export function withoutSampling(attributes: Attributes): Attributes {
  if (
    !attributes ||
    (!Object.hasOwn(attributes, THRESHOLD_ATTRIBUTE) && !Object.hasOwn(attributes, RANDOMNESS_ATTRIBUTE))
  )
    return attributes;
  const {
    [THRESHOLD_ATTRIBUTE]: _,
    [RANDOMNESS_ATTRIBUTE]: _randomness,
    ...others
  } = Object.getOwnPropertyDescriptors(attributes);
  return Object.defineProperties({}, others);
}

/** A copy of the record with the sampling attributes. The record itself does not change. */
export function markedLogRecord(record: ReadableLogRecordLike, mark: ThresholdMark): ReadableLogRecordLike {
  const others = Object.getOwnPropertyDescriptors(withoutSampling(record.attributes) ?? {});
  return copyWith(record, {
    attributes: Object.assign(Object.defineProperties({}, others), samplingAttributes(record, mark)),
  });
}

/** `undefined` if reading the attribute throws. */
function textOf(attributes: Attributes, name: string): string | undefined {
  try {
    const text = attributes?.[name];
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
