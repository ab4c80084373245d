import {
  AttributeEncoder,
  type OnAttributeDropped,
  type ProtobufWriter,
  UnencodableError,
  writeCountField,
} from '@spillway/otlp/encoding';
import type { CollectedPoint } from '../collected-point.ts';
import {
  DATA_POINT_TYPE,
  type DataPointLike,
  type ExponentialHistogramLike,
  type HistogramLike,
  type SummaryLike,
} from '../metric-data.ts';
import { ExemplarEncoder, type OnExemplarsDropped } from './exemplar-encoder.ts';
import {
  FIXED64_FIELD_BYTES,
  putCountField,
  putDoubleField,
  putOptionalDoubleField,
  putValue,
  putZigZag,
} from './number-fields.ts';
import { writeExponentialBuckets, writePackedCounts, writePackedDoubles } from './bucket-fields.ts';
import { POINT_TIMES_BYTES, PointTimes } from './point-times.ts';
import * as tags from './wire-tags.ts';

/** `DataPointFlags` of the protocol: the series has no value at that time. */
const FLAG_NO_RECORDED_VALUE = 1;

/** The times, and up to six numbers of 64 bits or less: the fields of any kind that are not repeated. */
const FIXED_FIELDS_BYTES = POINT_TIMES_BYTES + 6 * FIXED64_FIELD_BYTES;

/** A message of 128 bytes has a length of two bytes; with its tag, it is at least this long. */
const LONG_BYTES = 131;

export interface DataPointEncoderOptions {
  /** A point gives up exemplars to stay below this. Default: no limit. */
  readonly maxPointBytes?: number | undefined;
  /** Called for every attribute of a point or an exemplar that was left out because it cannot be encoded. */
  readonly onAttributeDropped?: OnAttributeDropped | undefined;
  readonly onExemplarsDropped?: OnExemplarsDropped | undefined;
}

/**
 * Writes data points of every kind as the field `data_points` of their metric. Attributes and exemplars that cannot be
 * encoded are left out and reported, because the protocol has no counter for them in a point.
 */
export class DataPointEncoder {
  private readonly attributes: AttributeEncoder;
  private readonly exemplars: ExemplarEncoder;
  private readonly times = new PointTimes();
  /** Whether the last point was long. The next one is probably like it, so its length takes as many bytes. */
  private isLong = true;

  constructor({ maxPointBytes = Infinity, onAttributeDropped, onExemplarsDropped }: DataPointEncoderOptions = {}) {
    this.attributes = new AttributeEncoder(onAttributeDropped);
    this.exemplars = new ExemplarEncoder(this.attributes, maxPointBytes, onExemplarsDropped);
  }

  /**
   * @throws UnencodableError if its value cannot be encoded, or reading it throws
   * @throws whatever the writer's growth policy throws
   */
  encode(point: CollectedPoint, writer: ProtobufWriter): void {
    const { offset } = writer;
    try {
      writer.reserve(1);
      writer.bytes[writer.position++] = tags.TAG_DATA_POINT;
      const { isLong } = this;
      const message = isLong ? writer.openLongMessage() : writer.openMessage();
      this.writeFields(point, writer);
      if (isLong) writer.closeLongMessage(message);
      else writer.closeMessage(message);
      this.isLong = writer.offset - offset >= LONG_BYTES;
    } catch (error) {
      writer.rewind(offset);
      if (error === writer.refusal || error instanceof UnencodableError) throw error;
      throw new UnencodableError('reading the data point threw an error', { cause: error });
    }
  }

  private writeFields({ metric, point }: CollectedPoint, writer: ProtobufWriter): void {
    const { valueType } = metric.descriptor;
    writer.reserve(FIXED_FIELDS_BYTES);
    this.times.put(writer, point);
    switch (metric.dataPointType) {
      case DATA_POINT_TYPE.GAUGE:
      case DATA_POINT_TYPE.SUM:
        this.writeNumber(writer, point, valueType);
        break;
      case DATA_POINT_TYPE.HISTOGRAM:
        this.writeHistogram(writer, point, point.value as HistogramLike, valueType);
        break;
      case DATA_POINT_TYPE.EXPONENTIAL_HISTOGRAM:
        this.writeExponentialHistogram(writer, point, point.value as ExponentialHistogramLike, valueType);
        break;
      case DATA_POINT_TYPE.SUMMARY:
        this.writeSummary(writer, point, point.value as SummaryLike);
        break;
      default:
        throw new UnencodableError(`there is no kind of data point ${String(metric.dataPointType)}`);
    }
  }

  private writeNumber(writer: ProtobufWriter, point: DataPointLike, valueType: unknown): void {
    const { value, flags, attributes, exemplars } = point;
    const isMissing = value === undefined && ((flags ?? 0) & FLAG_NO_RECORDED_VALUE) !== 0;
    if (!isMissing) putValue(writer, tags.NUMBER_AS_DOUBLE, tags.NUMBER_AS_INT, value, valueType);
    if (attributes) this.attributes.write(writer, tags.NUMBER_ATTRIBUTES, attributes);
    if (flags) writeCountField(writer, tags.NUMBER_FLAGS, flags);
    if (exemplars) this.exemplars.write(writer, tags.NUMBER_EXEMPLARS, exemplars, valueType);
  }

  private writeHistogram(
    writer: ProtobufWriter,
    { flags, attributes, exemplars }: DataPointLike,
    { count, sum, min, max, buckets }: HistogramLike,
    valueType: unknown,
  ): void {
    putCountField(writer, tags.POINT_COUNT, count);
    putOptionalDoubleField(writer, tags.POINT_SUM, sum);
    putOptionalDoubleField(writer, tags.HISTOGRAM_MIN, min);
    putOptionalDoubleField(writer, tags.HISTOGRAM_MAX, max);
    writePackedCounts(writer, tags.HISTOGRAM_BUCKET_COUNTS, buckets.counts);
    writePackedDoubles(writer, tags.HISTOGRAM_EXPLICIT_BOUNDS, buckets.boundaries);
    if (attributes) this.attributes.write(writer, tags.HISTOGRAM_ATTRIBUTES, attributes);
    if (flags) writeCountField(writer, tags.HISTOGRAM_FLAGS, flags);
    if (exemplars) this.exemplars.write(writer, tags.HISTOGRAM_EXEMPLARS, exemplars, valueType);
  }

  private writeExponentialHistogram(
    writer: ProtobufWriter,
    { flags, attributes, exemplars }: DataPointLike,
    { count, sum, scale, zeroCount, zeroThreshold, positive, negative, min, max }: ExponentialHistogramLike,
    valueType: unknown,
  ): void {
    putCountField(writer, tags.POINT_COUNT, count);
    putOptionalDoubleField(writer, tags.POINT_SUM, sum);
    putCountField(writer, tags.EXPONENTIAL_ZERO_COUNT, zeroCount);
    putOptionalDoubleField(writer, tags.EXPONENTIAL_MIN, min);
    putOptionalDoubleField(writer, tags.EXPONENTIAL_MAX, max);
    writer.bytes[writer.position++] = tags.EXPONENTIAL_SCALE;
    putZigZag(writer, scale);
    writer.reserve(FIXED64_FIELD_BYTES);
    putOptionalDoubleField(writer, tags.EXPONENTIAL_ZERO_THRESHOLD, zeroThreshold);
    writeExponentialBuckets(writer, tags.EXPONENTIAL_POSITIVE, positive);
    writeExponentialBuckets(writer, tags.EXPONENTIAL_NEGATIVE, negative);
    if (attributes) this.attributes.write(writer, tags.EXPONENTIAL_ATTRIBUTES, attributes);
    if (flags) writeCountField(writer, tags.EXPONENTIAL_FLAGS, flags);
    if (exemplars) this.exemplars.write(writer, tags.EXPONENTIAL_EXEMPLARS, exemplars, valueType);
  }

  private writeSummary(
    writer: ProtobufWriter,
    { flags, attributes }: DataPointLike,
    { count, sum, quantileValues }: SummaryLike,
  ): void {
    putCountField(writer, tags.POINT_COUNT, count);
    putDoubleField(writer, tags.POINT_SUM, sum);
    for (let index = 0; index < quantileValues.length; index += 1) {
      const { quantile, value } = quantileValues[index] as SummaryLike['quantileValues'][number];
      writer.reserve(2 + 2 * FIXED64_FIELD_BYTES);
      writer.bytes[writer.position++] = tags.SUMMARY_QUANTILE_VALUES;
      writer.bytes[writer.position++] = 2 * FIXED64_FIELD_BYTES;
      putDoubleField(writer, tags.QUANTILE, quantile);
      putDoubleField(writer, tags.QUANTILE_VALUE, value);
    }
    if (attributes) this.attributes.write(writer, tags.SUMMARY_ATTRIBUTES, attributes);
    if (flags) writeCountField(writer, tags.SUMMARY_FLAGS, flags);
  }
}
