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
