import type { PressureSource } from '@spillway/backpressure';
import type {
  LimitEnvironment,
  LogLevelName,
  MetricExporterName,
  PropagatorName,
  RemoteSampling,
  SamplerName,
  Signal,
} from '@spillway/config';
import type { SamplerLike } from '@spillway/trace';
import type { ZpagesOptions } from '@spillway/zpages/options';
import type { ExitMethod } from '../process-end/left-over.ts';
import type { SpoolSettings } from '../spool/spool-settings.ts';

/** The settings of a start: from options, then variables, then defaults. */
export interface Settings {
  readonly disabled: boolean;
  readonly logLevel: LogLevelName | undefined;
  readonly serviceName: string | undefined;
  readonly resourceAttributes: Readonly<Record<string, unknown>>;
  readonly propagators: readonly PropagatorName[];
  readonly sampler: SamplerName | SamplerLike;
  readonly samplerRatio: number;
  /** `undefined` for the defaults of the sampler, or one that asks no server. */
  readonly remoteSampling: RemoteSampling | undefined;
  /** An empty list switches the signal off. */
  readonly exporters: Readonly<Record<Signal, readonly MetricExporterName[]>>;
  readonly spanLimits: LimitEnvironment;
  readonly logRecordLimits: LimitEnvironment;
  /** Where Prometheus finds the metrics. */
  readonly prometheus: { readonly host: string; readonly port: number };
  /** `undefined` if neither code nor a variable says it. */
  readonly exit: ExitMethod | undefined;
  /** What variables say; `undefined` if they ask for none. */
  readonly spool: SpoolSettings | undefined;
  readonly pressure: readonly PressureSource[];
  readonly selfMetrics: boolean;
  readonly lossReports: boolean;
  /** `undefined` if the live page is not served. */
  readonly zpages: ZpagesOptions | undefined;
  /** The longest one of the signals, which drain in parallel. */
  readonly drainTimeoutMillis: number;
}
