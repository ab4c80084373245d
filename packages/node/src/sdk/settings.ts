import type { PressureSource } from '@spillway/backpressure';
import type {
  Environment,
  LimitEnvironment,
  LogLevelName,
  MetricExporterName,
  PropagatorName,
  RemoteSampling,
  SamplerName,
  Signal,
  SpoolSettings,
} from '@spillway/config';
import type { SamplerLike } from '@spillway/trace';
import type { ZpagesOptions } from '@spillway/zpages/options';
import type { PlannedView } from '../config-file/planned-views.ts';
import type { SamplerPlan } from '../config-file/sampler-plan.ts';
import type { ExitMethod } from '../process-end/left-over.ts';

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
  /** The pipelines by a configuration file. For a signal that is absent, `exporters` says which there are. */
  readonly planned: { readonly [S in Signal]?: readonly SettledPipeline[] };
  /** What else a configuration file says; `undefined` without a file. */
  readonly ofFile: SettingsOfFile | undefined;
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

/** A pipeline whose options are settled by variables of its own. */
export interface SettledPipeline {
  readonly exporter: MetricExporterName;
  /** All variables that its processor and its exporter see. */
  readonly environment: Environment;
}

/** Settings that no variable can say. */
export interface SettingsOfFile {
  /** All variables that a processor and its exporter see if code brings the exporter. */
  readonly environment: Environment;
  /** `undefined` for the default, or a sampler that code has set. */
  readonly sampler: SamplerPlan | undefined;
  readonly views: readonly PlannedView[];
  readonly detectors: readonly string[];
}
