import type { PressureSource } from '@spillway/backpressure';
import {
  type ExporterName,
  type LogLevelName,
  type MetricExporterName,
  type PressureName,
  type PropagatorName,
  type SamplerName,
} from '@spillway/config';
import type { BackpressureLogRecordProcessorOptions } from '@spillway/logs';
import type { BackpressureMetricReaderOptions } from '@spillway/metrics';
import type { RequestSpool } from '@spillway/pipeline';
import type { BackpressureSpanProcessorOptions, SamplerLike } from '@spillway/trace';
import type { ZpagesOptions } from '@spillway/zpages/options';
import type { SdkModules } from './given-modules.ts';
import type { ExitMethod } from '../process-end/left-over.ts';

/** Options of {@link start}. All are optional: if one is left out, its variable applies, then its default. */
export interface StartOptions {
  /** `OTEL_SDK_DISABLED`: starts nothing. Default `false`. */
  readonly disabled?: boolean | undefined;
  /** `OTEL_SERVICE_NAME`. Default `unknown_service:node`, with the name of the executable. */
  readonly serviceName?: string | undefined;
  /** Merged with `OTEL_RESOURCE_ATTRIBUTES`; these win. Default none. */
  readonly resourceAttributes?: Readonly<Record<string, unknown>> | undefined;
  /** `OTEL_PROPAGATORS`. Default `tracecontext` and `baggage`. */
  readonly propagators?: readonly PropagatorName[] | undefined;
  /** `OTEL_TRACES_SAMPLER`, or a sampler of the SDK that is installed. Default `parentbased_always_on`. */
  readonly sampler?: SamplerName | SamplerLike | undefined;
  /** `OTEL_TRACES_SAMPLER_ARG`: the share of traces, 0 to 1, that the samplers with `traceidratio` keep. Default 1. */
  readonly samplerRatio?: number | undefined;
  /** How spans are processed; `false` for no traces. */
  readonly traces?: SignalOptions<BackpressureSpanProcessorOptions> | false | undefined;
  /**
   * How log records are processed; `false` for no logs. `lossReports` is `true` here, unless `SPILLWAY_LOSS_REPORTS` is
   * `false`.
   */
  readonly logs?: SignalOptions<BackpressureLogRecordProcessorOptions> | false | undefined;
  /** How metrics are read, and the `views` of their provider; `false` for no metrics. */
  readonly metrics?: MetricsOptions | false | undefined;
  /** Instrumentations to switch on. Default: all of `@opentelemetry/auto-instrumentations-node`, if it is installed. */
  readonly instrumentations?: readonly unknown[] | undefined;
  /**
   * `OTEL_LOG_LEVEL`: how much `diag` logs on stderr, unless it already has a logger. Default: Spillway's own lines
   * from `info` on, and the warnings and errors of other packages, each kind at most once a minute.
   */
  readonly logLevel?: LogLevelName | undefined;
  /**
   * `SPILLWAY_EXIT`: what happens to items that are left at `process.exit()` or a crash. Default `spool` if there is one,
   * otherwise `ship`.
   */
  readonly exit?: ExitMethod | undefined;
  /**
   * Keeps on disk what memory cannot hold, and what cannot be sent before the process ends: a `Spool` of
   * `@spillway/spool`, for all signals. A signal's own `spool` replaces it. `false` for none. Default: the one that
   * `SPILLWAY_SPOOL_DIRECTORY` and the variables beside it describe, otherwise none.
   */
  readonly spool?: RequestSpool | false | undefined;
  /**
   * `SPILLWAY_PRESSURE`: what raises the state of every signal in addition to their queues, by name or as a source;
   * `false` for nothing. Memory counts only as far as dropping items would relieve it. A signal's own `pressure`
   * replaces this one. Default `heap` and `container_memory`, because a busy event loop is no reason to lose telemetry.
   */
  readonly pressure?: readonly (PressureSourceName | PressureSource)[] | false | undefined;
  /**
   * `SPILLWAY_SELF_METRICS`: whether processors, readers and exporters record metrics about themselves, with the
   * metrics of the application. A signal's own `selfObsMeterProvider` replaces this one. Default `false`.
   */
  readonly selfMetrics?: boolean | undefined;
  /**
   * `SPILLWAY_ZPAGES_PORT`, `_HOST` and `_TOKEN`: serves the live page of this process. Given without a port, it is
   * served at 55679. Default: it is served only if the port is set; `false` for never.
   */
  readonly zpages?: ZpagesOptions | false | undefined;
  /**
   * Limits of spans. A limit that is left out is taken from its variable, such as `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`,
   * and then from the SDK.
   */
  readonly spanLimits?: SpanLimits | undefined;
  /**
   * Limits of log records. A limit that is left out is taken from its variable, such as
   * `OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT`, and then from the SDK.
   */
  readonly logRecordLimits?: LogRecordLimits | undefined;
  /**
   * The modules of the application's SDK, for a bundle, in which packages cannot be looked up. If given, nothing is
   * looked up. Default: the packages that are installed for `application`.
   */
  readonly sdk?: SdkModules | undefined;
  /** The file, or folder with a slash at its end, whose packages are used. Default: the main file of the process. */
  readonly application?: string | undefined;
}

/** Each is a whole number from 0, or `Infinity` for no limit. */
export interface SpanLimits extends LogRecordLimits {
  /** Most events of a span. */
  readonly eventCountLimit?: number | undefined;
  /** Most links of a span. */
  readonly linkCountLimit?: number | undefined;
  /** Most attributes of an event. */
  readonly attributePerEventCountLimit?: number | undefined;
  /** Most attributes of a link. */
  readonly attributePerLinkCountLimit?: number | undefined;
}

/** Each is a whole number from 0, or `Infinity` for no limit. */
export interface LogRecordLimits {
  /** Most attributes. */
  readonly attributeCountLimit?: number | undefined;
  /** Most characters of an attribute value. */
  readonly attributeValueLengthLimit?: number | undefined;
}

/** The sources that have a name. */
export type PressureSourceName = Exclude<PressureName, 'none'>;

/** The options of the signal's processor, and exporters by name; an `exporter` of your own wins over names. */
export type SignalOptions<Processor> = Processor & {
  /** `OTEL_TRACES_EXPORTER` or `OTEL_LOGS_EXPORTER`. Default `otlp`. */
  readonly exporters?: readonly ExporterName[] | undefined;
};

/** The same for metrics. */
export type MetricsOptions = BackpressureMetricReaderOptions & {
  /** `OTEL_METRICS_EXPORTER`. Default `otlp`. `prometheus` needs `@opentelemetry/exporter-prometheus`. */
  readonly exporters?: readonly MetricExporterName[] | undefined;
  /** Views of the SDK that is installed: which instruments are aggregated, and how. Default none. */
  readonly views?: readonly object[] | undefined;
};
