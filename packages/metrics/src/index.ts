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
} from './stub.ts';
