import { type ThresholdMark, thresholdText } from '@spillway/otlp';
import { formatRandomness, newRandomness } from '@spillway/sampling';
import type { ReadableLogRecordLike } from '../readable-log-record.ts';

/**
 * What the Collector's probabilistic sampler calls them, and reads.
 * Source: opentelemetry-collector-contrib, processor/probabilisticsamplerprocessor, README, "Logs SamplingPriority" and below.
 */
export const THRESHOLD_ATTRIBUTE = 'sampling.threshold';
export const RANDOMNESS_ATTRIBUTE = 'sampling.randomness';

/**
 * The attributes that say how a record was sampled. The threshold is the last one, and its digits the end of its value.
 * @param saysRandomness the record says its randomness itself: by its trace, or by an attribute
 */
export function samplingAttributes({ threshold, randomness }: ThresholdMark, saysRandomness: boolean): Record<string, string> {
  const text = thresholdText(threshold);
  if (saysRandomness) return { [THRESHOLD_ATTRIBUTE]: text };
  // The upper half was drawn for the decision; the lower one is drawn here.
  return { [RANDOMNESS_ATTRIBUTE]: formatRandomness({ high: randomness, low: newRandomness().low }), [THRESHOLD_ATTRIBUTE]: text };
}

/** The attributes of a record without what it said of its sampling before: two of one name would be none. */
export function withoutThreshold(attributes: ReadableLogRecordLike['attributes']): ReadableLogRecordLike['attributes'] {
  if (attributes?.[THRESHOLD_ATTRIBUTE] === undefined) return attributes;
  const { [THRESHOLD_ATTRIBUTE]: _, ...others } = attributes;
  return others;
}

/** Whether the randomness of a record can be read from it. */
export function hasRandomness({ spanContext, attributes }: ReadableLogRecordLike): boolean {
  return (spanContext !== undefined && spanContext !== null) || attributes?.[RANDOMNESS_ATTRIBUTE] !== undefined;
}

/** The record with these attributes. It inherits everything else, and the record itself stays as it is. */
export function markedLogRecord(record: ReadableLogRecordLike, mark: ThresholdMark): ReadableLogRecordLike {
  const attributes = { ...withoutThreshold(record.attributes), ...samplingAttributes(mark, hasRandomness(record)) };
  return Object.create(record, { attributes: { value: attributes, enumerable: true } }) as ReadableLogRecordLike;
}
