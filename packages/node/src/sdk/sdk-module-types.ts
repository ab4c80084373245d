// The parts that are used of the application's OpenTelemetry packages, for both lines.
import type * as Api from '@opentelemetry/api';
import type { ReadableLogRecordLike } from '@spillway/logs';
import type { PushMetricExporterLike } from '@spillway/metrics';
import type { ItemExporter } from '@spillway/pipeline';
import type { ReadableSpanLike, SamplerLike } from '@spillway/trace';
import type { ViewsModule } from '../config-file/planned-views.ts';

/** `@opentelemetry/api`, with logs from 1.10 on. */
export type ApiModule = typeof Api & Partial<LogsApiModule>;

/** From `@opentelemetry/api` 1.10, or `@opentelemetry/api-logs`. */
export interface LogsApiModule {
  readonly logs: {
    setGlobalLoggerProvider(provider: unknown): unknown;
  };
}

/** A resource is only passed on. */
export interface ResourceLike {
  merge(other: ResourceLike): ResourceLike;
  waitForAsyncAttributes?(): Promise<void>;
}

export interface ResourcesModule {
  defaultResource(): ResourceLike;
  resourceFromAttributes(attributes: Readonly<Record<string, unknown>>): ResourceLike;
  detectResources(config: { readonly detectors: readonly unknown[] }): ResourceLike;
  readonly envDetector?: unknown;
  readonly hostDetector?: unknown;
  readonly osDetector?: unknown;
  readonly processDetector?: unknown;
  readonly serviceInstanceIdDetector?: unknown;
}

export interface CoreModule {
  suppressTracing(context: Api.Context): Api.Context;
  readonly W3CTraceContextPropagator: new () => Api.TextMapPropagator;
  readonly W3CBaggagePropagator: new () => Api.TextMapPropagator;
  readonly CompositePropagator: new (config: {
    readonly propagators: Api.TextMapPropagator[];
  }) => Api.TextMapPropagator;
}

/** The part that all providers have in common. */
export interface ProviderLike {
  shutdown(): Promise<void>;
}

export interface TracerProviderLike extends ProviderLike, Api.TracerProvider {}

export interface TraceSdkModule {
  /** Line 3.x, and the base class of line 2.x from 2.12 on. */
  readonly TracerProvider?: new (config: object) => TracerProviderLike;
  /** Line 2.x. */
  readonly BasicTracerProvider?: new (config: object) => TracerProviderLike;
  readonly AlwaysOnSampler: new () => SamplerLike;
  readonly AlwaysOffSampler: new () => SamplerLike;
  readonly TraceIdRatioBasedSampler: new (ratio: number) => SamplerLike;
  readonly ParentBasedSampler: new (config: { readonly root: SamplerLike }) => SamplerLike;
  readonly ConsoleSpanExporter: new () => ItemExporter<ReadableSpanLike>;
}

export interface MeterProviderLike extends ProviderLike, Api.MeterProvider {}

export interface MetricsSdkModule extends ViewsModule {
  readonly MeterProvider: new (config: object) => MeterProviderLike;
  readonly ConsoleMetricExporter: new () => PushMetricExporterLike;
}

export interface LogsSdkModule {
  readonly LoggerProvider: new (config: object) => ProviderLike;
  readonly ConsoleLogRecordExporter: new () => ItemExporter<ReadableLogRecordLike>;
}
