/**
 * Tags (field number << 3 | wire type), one byte each.
 * Source: opentelemetry/proto/metrics/v1/metrics.proto.
 */

/** `ScopeMetrics`. */
export const TAG_METRIC = 0x12;

/** `Metric`. */
export const METRIC_NAME = 0x0a;
export const METRIC_DESCRIPTION = 0x12;
export const METRIC_UNIT = 0x1a;
export const METRIC_GAUGE = 0x2a;
export const METRIC_SUM = 0x3a;
export const METRIC_HISTOGRAM = 0x4a;
export const METRIC_EXPONENTIAL_HISTOGRAM = 0x52;
export const METRIC_SUMMARY = 0x5a;
export const METRIC_METADATA = 0x62;

/** `Gauge`, `Sum`, `Histogram`, `ExponentialHistogram` and `Summary`, as far as each of them has these fields. */
export const TAG_DATA_POINT = 0x0a;
export const TEMPORALITY = 0x10;
export const IS_MONOTONIC = 0x18;

/** Every kind of data point. */
export const POINT_START_TIME = 0x11;
export const POINT_TIME = 0x19;

/** `NumberDataPoint`. */
export const NUMBER_AS_DOUBLE = 0x21;
export const NUMBER_EXEMPLARS = 0x2a;
export const NUMBER_AS_INT = 0x31;
export const NUMBER_ATTRIBUTES = 0x3a;
export const NUMBER_FLAGS = 0x40;

/** `HistogramDataPoint`, `ExponentialHistogramDataPoint` and `SummaryDataPoint`. */
export const POINT_COUNT = 0x21;
export const POINT_SUM = 0x29;

/** `HistogramDataPoint`. */
export const HISTOGRAM_BUCKET_COUNTS = 0x32;
export const HISTOGRAM_EXPLICIT_BOUNDS = 0x3a;
export const HISTOGRAM_EXEMPLARS = 0x42;
export const HISTOGRAM_ATTRIBUTES = 0x4a;
export const HISTOGRAM_FLAGS = 0x50;
export const HISTOGRAM_MIN = 0x59;
export const HISTOGRAM_MAX = 0x61;

/** `ExponentialHistogramDataPoint`. */
export const EXPONENTIAL_ATTRIBUTES = 0x0a;
export const EXPONENTIAL_SCALE = 0x30;
export const EXPONENTIAL_ZERO_COUNT = 0x39;
export const EXPONENTIAL_POSITIVE = 0x42;
export const EXPONENTIAL_NEGATIVE = 0x4a;
export const EXPONENTIAL_FLAGS = 0x50;
export const EXPONENTIAL_EXEMPLARS = 0x5a;
export const EXPONENTIAL_MIN = 0x61;
export const EXPONENTIAL_MAX = 0x69;
export const EXPONENTIAL_ZERO_THRESHOLD = 0x71;
export const BUCKETS_OFFSET = 0x08;
export const BUCKETS_COUNTS = 0x12;

/** `SummaryDataPoint`. */
export const SUMMARY_QUANTILE_VALUES = 0x32;
export const SUMMARY_ATTRIBUTES = 0x3a;
export const SUMMARY_FLAGS = 0x40;
export const QUANTILE = 0x09;
export const QUANTILE_VALUE = 0x11;

/** `Exemplar`. */
export const EXEMPLAR_TIME = 0x11;
export const EXEMPLAR_AS_DOUBLE = 0x19;
export const EXEMPLAR_SPAN_ID = 0x22;
export const EXEMPLAR_TRACE_ID = 0x2a;
export const EXEMPLAR_AS_INT = 0x31;
export const EXEMPLAR_ATTRIBUTES = 0x3a;
