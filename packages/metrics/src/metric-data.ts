import type { HrTimeLike, InstrumentationScopeLike, ResourceLike } from '@spillway/otlp/encoding';

/**
 * The fields of a collection that are read. The `ResourceMetrics` of `@opentelemetry/sdk-metrics` 2.x and 3.x have all
 * that are not optional. The optional ones are in the protocol only: they are sent if a `MetricProducer` sets them.
 */
export interface ResourceMetricsLike {
  readonly resource: ResourceLike;
  readonly scopeMetrics: readonly ScopeMetricsLike[];
}

export interface ScopeMetricsLike {
  readonly scope: InstrumentationScopeLike;
  readonly metrics: readonly MetricDataLike[];
}

/** `DataPointType` of the SDKs. They have no summaries, so that one is text, which no number of theirs can ever equal. */
export const DATA_POINT_TYPE = {
  HISTOGRAM: 0,
  EXPONENTIAL_HISTOGRAM: 1,
  GAUGE: 2,
  SUM: 3,
  SUMMARY: 'SUMMARY',
} as const;

/** `AggregationTemporality` of the SDKs. */
export const AGGREGATION_TEMPORALITY = { DELTA: 0, CUMULATIVE: 1 } as const;

/** `ValueType` of the API: whether the numbers of an instrument are whole. */
export const VALUE_TYPE = { INT: 0, DOUBLE: 1 } as const;

export interface MetricDescriptorLike {
  readonly name: string;
  readonly description?: string | undefined;
  readonly unit?: string | undefined;
  /** One of {@link VALUE_TYPE}. */
  readonly valueType?: number | undefined;
}

/** One metric, and its data points. */
export interface MetricDataLike {
  readonly descriptor: MetricDescriptorLike;
  /** One of {@link DATA_POINT_TYPE}. It says which type the values of the points have. */
  readonly dataPointType: number | string;
  /** One of {@link AGGREGATION_TEMPORALITY}. Gauges and summaries have none on the wire. */
  readonly aggregationTemporality: number;
  readonly dataPoints: readonly DataPointLike[];
  /** Of a sum. */
  readonly isMonotonic?: boolean | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** One data point. */
export interface DataPointLike {
  readonly startTime: HrTimeLike;
  readonly endTime: HrTimeLike;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: number | bigint | HistogramLike | ExponentialHistogramLike | SummaryLike | undefined;
  readonly exemplars?: readonly ExemplarLike[] | undefined;
  /** `DataPointFlags` of the protocol. With bit 0 the point has no recorded value. */
  readonly flags?: number | undefined;
}

/** A count of measurements. */
export type CountLike = number | bigint;

/** The value of a point of an explicit-bucket histogram. */
export interface HistogramLike {
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly CountLike[] };
  readonly count: CountLike;
  readonly sum?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** The value of a point of an exponential histogram. */
export interface ExponentialHistogramLike {
  readonly count: CountLike;
  readonly sum?: number | undefined;
  readonly scale: number;
  readonly zeroCount: CountLike;
  readonly zeroThreshold?: number | undefined;
  readonly positive: ExponentialBucketsLike;
  readonly negative: ExponentialBucketsLike;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

export interface ExponentialBucketsLike {
  readonly offset: number;
  readonly bucketCounts: readonly CountLike[];
}

/** The value of a point of a summary. */
export interface SummaryLike {
  readonly count: CountLike;
  readonly sum: number;
  readonly quantileValues: readonly { readonly quantile: number; readonly value: number }[];
}

/** A measurement that stands for others of its data point, in the shape of the SDKs' `Exemplar`. */
export interface ExemplarLike {
  readonly filteredAttributes: Readonly<Record<string, unknown>>;
  readonly value: number | bigint;
  readonly timestamp: HrTimeLike;
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
}
