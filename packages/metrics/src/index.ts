export { BackpressureMetricReader, type ReaderCallOptions } from './backpressure-metric-reader.ts';
export { type MetricBatch, MetricBuffer, type MetricBufferOptions } from './buffer/metric-buffer.ts';
export { type CollectedPoint, forEachPoint } from './collected-point.ts';
export type { OnExemplarsDropped } from './encoding/exemplar-encoder.ts';
export type { TemporalityPreference } from './exporter/temporality-preference.ts';
export type {
  DataPointLike,
  ExemplarLike,
  ExponentialHistogramLike,
  HistogramLike,
  MetricDataLike,
  MetricDescriptorLike,
  ResourceMetricsLike,
  ScopeMetricsLike,
  SummaryLike,
} from './metric-data.ts';
export type { AggregationOptionLike, MetricSelectors } from './metric-selectors.ts';
export { OtlpMetricExporter, type OtlpMetricExporterOptions } from './otlp-metric-exporter.ts';
export type { CardinalityLimits } from './reader/cardinality-limits.ts';
export type { CollectionResultLike, MetricProducerLike } from './reader/metric-producer.ts';
export type { BackpressureMetricReaderOptions, PushMetricExporterLike } from './reader/reader-options.ts';
