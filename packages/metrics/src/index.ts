export { type MetricBatch, MetricBuffer, type MetricBufferOptions } from './buffer/metric-buffer.ts';
export { type CollectedPoint, forEachPoint } from './collected-point.ts';
export type { OnExemplarsDropped } from './encoding/exemplar-encoder.ts';
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
export {
  BackpressureMetricReader,
  type BackpressureMetricReaderOptions,
  OtlpMetricExporter,
  type OtlpMetricExporterOptions,
  type PushMetricExporterLike,
} from './stub.ts';
