import { copyWith, statedRandomness, type ThresholdMark, thresholdText } from '@spillway/otlp';
import { formatRandomness, newRandomness, parseRandomness, parseThreshold, type Randomness, type Threshold } from '@spillway/sampling';
import type { ReadableLogRecordLike } from '../readable-log-record.ts';

/**
 * What the Collector's probabilistic sampler calls them, reads and writes.
 * Source: opentelemetry-collector-contrib, processor/probabilisticsamplerprocessor, `logsprocessor.go`.
 */
const THRESHOLD_ATTRIBUTE = 'sampling.threshold';
const RANDOMNESS_ATTRIBUTE = 'sampling.randomness';

type Attributes = ReadableLogRecordLike['attributes'];

/** The threshold that a record says it has passed. */
export function passedThreshold(attributes: Attributes): Threshold | undefined {
  const text = attributes?.[THRESHOLD_ATTRIBUTE];
  return typeof text === 'string' ? parseThreshold(text) : undefined;
}

/** The randomness that a record says: itself, as in the Collector before its trace, or by the trace state of its trace. */
export function randomnessSaid({ attributes, spanContext }: ReadableLogRecordLike): Randomness | undefined {
  const text = attributes?.[RANDOMNESS_ATTRIBUTE];
  const given = typeof text === 'string' ? parseRandomness(text) : undefined;
  return given ?? (spanContext ? statedRandomness(spanContext) : undefined);
}

/**
 * The attributes that say how a record was sampled: its threshold, and its randomness where nobody could tell it from the
 * trace id. The threshold is the last one, and its digits the end of its value.
 */
export function samplingAttributes(record: ReadableLogRecordLike, { threshold, randomness }: ThresholdMark): Record<string, string> {
  const text = thresholdText(threshold);
  const said = randomnessSaid(record);
  if (said === undefined && record.spanContext) return { [THRESHOLD_ATTRIBUTE]: text };
  // Where it was drawn, the upper half was for the decision; the lower one is drawn here.
  const whole = said ?? { high: randomness, low: newRandomness().low };
  return { [RANDOMNESS_ATTRIBUTE]: formatRandomness(whole), [THRESHOLD_ATTRIBUTE]: text };
}

/** The attributes of a record without what it said of its sampling before: two of one name would be none. */
export function withoutSampling(attributes: Attributes): Attributes {
  if (attributes?.[THRESHOLD_ATTRIBUTE] === undefined && attributes?.[RANDOMNESS_ATTRIBUTE] === undefined) return attributes;
  const { [THRESHOLD_ATTRIBUTE]: _, [RANDOMNESS_ATTRIBUTE]: _randomness, ...others } = attributes;
  return others;
}

/** A copy of the record with these attributes; the record itself stays as it is. */
export function markedLogRecord(record: ReadableLogRecordLike, mark: ThresholdMark): ReadableLogRecordLike {
  return copyWith(record, { attributes: { ...withoutSampling(record.attributes), ...samplingAttributes(record, mark) } });
}
