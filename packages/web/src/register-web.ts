import * as api from '@opentelemetry/api';
import {
  BackpressureLogRecordProcessor,
  type BackpressureLogRecordProcessorOptions,
  OtlpLogRecordExporter,
} from '@spillway/logs';
import type { OtlpTransportOptions } from '@spillway/otlp/transport';
import { BackpressureSpanProcessor, type BackpressureSpanProcessorOptions, OtlpSpanExporter } from '@spillway/trace';
import { PageSpool } from './page-spool/page-spool.ts';
import type { PageSpoolOptions } from './page-spool/page-spool-options.ts';

/** What a provider of any line of OpenTelemetry has. */
export interface ProviderLike {
  forceFlush(): Promise<unknown>;
  shutdown(): Promise<unknown>;
}

type ProviderClass<Config> = new (config: Config) => ProviderLike;

/** Registers the provider of log records: the `logs` of `@opentelemetry/api` 1.10, or of `@opentelemetry/api-logs`. */
export interface LogsApiLike {
  setGlobalLoggerProvider(provider: never): unknown;
}

export interface WebOptions {
  /** Where the collector is. The paths of OTLP are added: `/v1/traces`, `/v1/logs`, `/v1/metrics`. */
  readonly url: string | URL;
  /** Headers of every request, or a function that returns them. A page sends the last ones that it knows when it is left. */
  readonly headers?: OtlpTransportOptions['headers'];
  /** The class of `@opentelemetry/sdk-trace` 3.x, or `WebTracerProvider` of 2.x. Without it, there are no traces. */
  readonly TracerProvider?: ProviderClass<{ resource?: never; spanProcessors: never[] }>;
  /** The class of `@opentelemetry/sdk-logs`. Without it, there are no log records. */
  readonly LoggerProvider?: ProviderClass<{ resource?: never; processors: never[] }>;
  /** The class of `@opentelemetry/sdk-metrics`. Without it, there are no metrics. Needs `metricReader`. */
  readonly MeterProvider?: ProviderClass<{ resource?: never; readers: never[] }>;
  /**
   * Makes the reader, a `BackpressureMetricReader` whose exporter has these settings. A function, so that a page without
   * metrics does not load that code.
   */
  readonly metricReader?: (settings: PageReaderSettings) => object;
  /** Passed to all providers. Default: that of the SDK. */
  readonly resource?: object;
  /** Enabled and registered, so that spans have parents across `await`. Default: that of the API, which has no context. */
  readonly contextManager?: api.ContextManager;
  /** Registered, so that requests carry the trace. Default: none. */
  readonly propagator?: api.TextMapPropagator;
  /** Default: the `logs` of `@opentelemetry/api`, if it has them. */
  readonly logs?: LogsApiLike;
  /** What is kept when the page is left or the collector cannot be reached. */
  readonly spool?: PageSpoolOptions;
  /** Further options of the span processor. */
  readonly spans?: Omit<BackpressureSpanProcessorOptions, 'exporter' | 'spool'>;
  /** Further options of the log record processor. */
  readonly logRecords?: Omit<BackpressureLogRecordProcessorOptions, 'exporter' | 'spool'>;
}

/** What a metric reader of the page has to know. */
export interface PageReaderSettings {
  /** For the exporter. */
  readonly url: URL;
  /** For the exporter. */
  readonly headers: WebOptions['headers'];
  /** For the reader. */
  readonly spool: PageSpool;
}

export interface WebHandle {
  readonly tracerProvider: ProviderLike | undefined;
  readonly loggerProvider: ProviderLike | undefined;
  readonly meterProvider: ProviderLike | undefined;
  readonly spool: PageSpool;
  /** Resolves when everything is delivered. Rejects if that takes too long. */
  forceFlush(): Promise<void>;
  /** Delivers what is held, and ends. */
  shutdown(): Promise<void>;
}

/**
 * Sets the telemetry of a page up, so that what the page holds arrives although it is closed or left: see
 * {@link PageSpool}.
 * @throws TypeError or RangeError that names option and value; TypeError also if no provider is given
 */
export function registerWeb(options: WebOptions): WebHandle {
  const { TracerProvider, LoggerProvider, MeterProvider, metricReader } = options;
  if (TracerProvider === undefined && LoggerProvider === undefined && MeterProvider === undefined)
    throw new TypeError('registerWeb needs TracerProvider, LoggerProvider or MeterProvider, got none of them');
  if ((MeterProvider === undefined) !== (metricReader === undefined))
    throw new TypeError('registerWeb needs both MeterProvider and metricReader, or neither, got only one of them');
  const spool = new PageSpool(options.spool);
  const resource = options.resource === undefined ? {} : { resource: options.resource as never };
  const tracerProvider =
    TracerProvider && new TracerProvider({ ...resource, spanProcessors: [spanProcessor(options, spool) as never] });
  const loggerProvider =
    LoggerProvider && new LoggerProvider({ ...resource, processors: [logRecordProcessor(options, spool) as never] });
  const meterProvider =
    MeterProvider && new MeterProvider({ ...resource, readers: [metricReader?.(settings(options, spool)) as never] });
  register(options, { tracerProvider, loggerProvider, meterProvider });
  const providers = [tracerProvider, loggerProvider, meterProvider].filter((provider) => provider !== undefined);
  const each = async (step: (provider: ProviderLike) => Promise<unknown>): Promise<void> =>
    void (await Promise.all(providers.map(step)));
  return {
    tracerProvider,
    loggerProvider,
    meterProvider,
    spool,
    forceFlush: async () => each(async (provider) => provider.forceFlush()),
    shutdown: async () => each(async (provider) => provider.shutdown()),
  };
}

function spanProcessor(options: WebOptions, spool: PageSpool): BackpressureSpanProcessor {
  const exporter = new OtlpSpanExporter({ url: urlOf(options, 'v1/traces'), headers: options.headers });
  return new BackpressureSpanProcessor({ ...options.spans, exporter, spool });
}

function logRecordProcessor(options: WebOptions, spool: PageSpool): BackpressureLogRecordProcessor {
  const exporter = new OtlpLogRecordExporter({ url: urlOf(options, 'v1/logs'), headers: options.headers });
  return new BackpressureLogRecordProcessor({ ...options.logRecords, exporter, spool });
}

function settings(options: WebOptions, spool: PageSpool): PageReaderSettings {
  return { url: urlOf(options, 'v1/metrics'), headers: options.headers, spool };
}

/** @throws TypeError if it is no URL; one without a host is relative to the page */
function urlOf({ url }: WebOptions, path: string): URL {
  const base = new URL(url, typeof location === 'undefined' ? undefined : location.href);
  base.pathname = `${base.pathname.replace(/\/$/, '')}/${path}`;
  return base;
}

function register(
  { contextManager, propagator, logs = logsOfApi() }: WebOptions,
  { tracerProvider, loggerProvider, meterProvider }: Omit<WebHandle, 'spool' | 'forceFlush' | 'shutdown'>,
): void {
  if (contextManager !== undefined) api.context.setGlobalContextManager(contextManager.enable());
  if (propagator !== undefined) api.propagation.setGlobalPropagator(propagator);
  if (tracerProvider !== undefined) api.trace.setGlobalTracerProvider(tracerProvider as never);
  if (meterProvider !== undefined) api.metrics.setGlobalMeterProvider(meterProvider as never);
  if (loggerProvider !== undefined) logs?.setGlobalLoggerProvider(loggerProvider as never);
}

/** Version 1.9 of the API has none. */
function logsOfApi(): LogsApiLike | undefined {
  return (api as { readonly logs?: LogsApiLike })['logs'];
}
