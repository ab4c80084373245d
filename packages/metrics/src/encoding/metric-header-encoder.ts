import { ItemTooLargeError } from '@spillway/otlp';
import {
  AttributeEncoder,
  type OnAttributeDropped,
  ProtobufWriter,
  UnencodableError,
  writeCountField,
  writeStringField,
} from '@spillway/otlp/encoding';
import { AGGREGATION_TEMPORALITY, DATA_POINT_TYPE, type MetricDataLike } from '../metric-data.ts';
import { MetricHeader } from './metric-header.ts';
import * as tags from './wire-tags.ts';

/** Room for the headers of about a hundred metrics. */
const BLOCK_BYTES = 16 * 1024;

/** The writer reserves at most this much more than it uses. */
const RESERVE_SLACK_BYTES = 4 * 1024;

/** `AggregationTemporality` on the wire. Anything else is 0, "unspecified". */
const WIRE_TEMPORALITY = new Map<unknown, number>([
  [AGGREGATION_TEMPORALITY.DELTA, 1],
  [AGGREGATION_TEMPORALITY.CUMULATIVE, 2],
]);

/** The field of `Metric` for each kind. */
const KIND_TAGS = new Map<unknown, number>([
  [DATA_POINT_TYPE.GAUGE, tags.METRIC_GAUGE],
  [DATA_POINT_TYPE.SUM, tags.METRIC_SUM],
  [DATA_POINT_TYPE.HISTOGRAM, tags.METRIC_HISTOGRAM],
  [DATA_POINT_TYPE.EXPONENTIAL_HISTOGRAM, tags.METRIC_EXPONENTIAL_HISTOGRAM],
  [DATA_POINT_TYPE.SUMMARY, tags.METRIC_SUMMARY],
]);

/** The kinds whose points cover a time that the aggregation temporality describes. */
const KINDS_WITH_TEMPORALITY = new Set<unknown>([
  DATA_POINT_TYPE.SUM,
  DATA_POINT_TYPE.HISTOGRAM,
  DATA_POINT_TYPE.EXPONENTIAL_HISTOGRAM,
]);

/**
 * Encodes the headers of metrics, one behind the other in blocks of memory. A block is garbage when none of its headers
 * is used any more.
 */
export class MetricHeaderEncoder {
  private readonly maxHeaderBytes: number;
  private readonly attributes: AttributeEncoder;
  private readonly writer = new ProtobufWriter((needed) => this.blockFor(needed));

  /** @param maxHeaderBytes the points of a metric with a larger header are refused */
  constructor(maxHeaderBytes: number, onAttributeDropped?: OnAttributeDropped) {
    this.maxHeaderBytes = maxHeaderBytes;
    this.attributes = new AttributeEncoder(onAttributeDropped);
  }

  /**
   * @throws UnencodableError if no point of the metric can be sent, or reading the metric throws
   * @throws ItemTooLargeError above `maxHeaderBytes`
   */
  encode(metric: MetricDataLike, scopeId: number): MetricHeader {
    const { writer } = this;
    writer.itemStart = writer.position;
    try {
      return this.write(metric, scopeId);
    } catch (error) {
      writer.rewind(0);
      if (error === writer.refusal || error instanceof UnencodableError || error instanceof ItemTooLargeError)
        throw error;
      throw new UnencodableError('reading the metric threw an error', { cause: error });
    }
  }

  private write(metric: MetricDataLike, scopeId: number): MetricHeader {
    const { writer } = this;
    const { descriptor, dataPointType, metadata } = metric;
    const kindTag = KIND_TAGS.get(dataPointType);
    if (kindTag === undefined) throw new UnencodableError(`there is no kind of metric ${String(dataPointType)}`);
    writeStringField(writer, tags.METRIC_NAME, descriptor.name);
    writeStringField(writer, tags.METRIC_DESCRIPTION, descriptor.description);
    writeStringField(writer, tags.METRIC_UNIT, descriptor.unit);
    if (metadata) this.attributes.write(writer, tags.METRIC_METADATA, metadata);
    const kindOffset = writer.offset;
    if (KINDS_WITH_TEMPORALITY.has(dataPointType)) {
      writeCountField(writer, tags.TEMPORALITY, WIRE_TEMPORALITY.get(metric.aggregationTemporality));
    }
    if (dataPointType === DATA_POINT_TYPE.SUM && metric.isMonotonic) writeCountField(writer, tags.IS_MONOTONIC, 1);
    if (writer.offset > this.maxHeaderBytes) throw new ItemTooLargeError(writer.offset, this.maxHeaderBytes);
    const { bytes, itemStart, position } = writer;
    return new MetricHeader(scopeId, kindTag, bytes, itemStart, itemStart + kindOffset, position);
  }

  private blockFor(needed: number): Uint8Array {
    const { maxHeaderBytes } = this;
    if (needed > maxHeaderBytes + RESERVE_SLACK_BYTES) throw new ItemTooLargeError(needed, maxHeaderBytes);
    return new Uint8Array(Math.max(BLOCK_BYTES, needed * 2));
  }
}
