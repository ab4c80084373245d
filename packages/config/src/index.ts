export { readBatchProcessorEnvironment, type GivenLimits } from './batch-processor-environment.ts';
export { effectiveSettings, type EffectiveSetting } from './effective-settings.ts';
export { onceForProcess, processEnvironment, withEnvironment, type Environment, type Warn } from './environment.ts';
export { readMetricReaderEnvironment } from './metric-reader-environment.ts';
export { otlpExporterVariables, readOtlpExporterEnvironment } from './otlp-exporter-environment.ts';
export {
  HISTOGRAM_AGGREGATIONS,
  type HistogramAggregationName,
  type OtlpCompression,
  type OtlpExporterEnvironment,
  type OtlpProtocol,
  TEMPORALITY_PREFERENCES,
  type TemporalityPreferenceName,
} from './otlp-exporter-settings.ts';
export type { BatchProcessorEnvironment, MetricReaderEnvironment, StrategyName } from './pipeline-settings.ts';
export { type LimitEnvironment, type SamplerEnvironment, type SamplerName, SAMPLERS } from './sampler-settings.ts';
export {
  readLimitEnvironment,
  readSamplerEnvironment,
  readSdkEnvironment,
  readSdkSignalEnvironment,
} from './sdk-environment.ts';
export {
  type ExitName,
  EXITS,
  type ExporterName,
  EXPORTERS,
  LOG_LEVELS,
  type LogLevelName,
  METRIC_EXPORTERS,
  type MetricExporterName,
  type PressureName,
  PRESSURES,
  type PropagatorName,
  PROPAGATORS,
  type SdkEnvironment,
  type SdkSignalEnvironment,
  SPOOL_SYNCS,
  type SpoolSyncName,
} from './sdk-settings.ts';
export type { ProcessorSignal, Signal } from './signal.ts';
export { boolean } from './value-types/boolean.ts';
export { byteSize } from './value-types/byte-size.ts';
export { duration, timeout } from './value-types/duration.ts';
export { baseEndpoint, signalEndpoint } from './value-types/endpoint.ts';
export { grpcEndpoint } from './value-types/grpc-endpoint.ts';
export { headers, mergeHeaders, type Headers } from './value-types/headers.ts';
export { spoolSettingsOf, type SpoolSettings } from './spool-settings.ts';
export { listOf } from './value-types/list-of.ts';
export { decimal, integer, ratio, type NumberRange } from './value-types/number.ts';
export { oneOf, wordOf } from './value-types/one-of.ts';
export { resourceAttributes, type ResourceAttributes } from './value-types/resource-attributes.ts';
export type { RemoteSampling } from './value-types/remote-sampling.ts';
export { type Parsed, text, type ValueType } from './value-types/value-type.ts';
export { environmentVariables, type EnvironmentVariable, type VariableReader } from './variable-table.ts';
export { readVariable } from './variable.ts';
export { warnOfVariablesWithoutEffect } from './variables-without-effect.ts';
