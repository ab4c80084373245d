import type { Signal } from '@spillway/config';
import type { ProcessorMetrics, SpoolMetrics } from '@spillway/pipeline';
import type { SdkLine } from '../sdk/sdk-line.ts';

/** The current state. Contains no header, and no credentials of a URL. */
export interface SpillwayStatus {
  readonly state: 'running' | 'shut_down' | 'not_started';
  /** Why nothing runs; otherwise `undefined`. */
  readonly reason: string | undefined;
  /** The OpenTelemetry JS of the application; `undefined` if none was found or looked for. */
  readonly sdk: SdkStatus | undefined;
  /** The signals that run. */
  readonly signals: { readonly [S in Signal]?: SignalStatus };
  readonly serviceName: string | undefined;
  /** Absent if there is none. */
  readonly spool?: SpoolStatus;
  readonly propagators: readonly string[];
  /** How many instrumentations are switched on. */
  readonly instrumentations: number;
}

/** What waits in the spool to be sent, of all signals, what other processes have left there included. */
export interface SpoolStatus extends SpoolMetrics {
  /** `undefined` for a spool of the application, which may be anywhere. */
  readonly directory: string | undefined;
}

export interface SdkStatus {
  readonly line: SdkLine;
  /** Versions of the packages that are used, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface SignalStatus {
  readonly exporters: readonly ExporterStatus[];
  /** For traces: the name of the sampler, with its ratio, or the text of the application's own sampler. */
  readonly sampler?: string;
  /** For metrics: where Prometheus finds them, if it is one of the exporters. */
  readonly scrapedAt?: string;
}

export interface ExporterStatus {
  /** `otlp`, `otlp/stdout`, `console`, or the class name of the application's exporter. */
  readonly name: string;
  /** Without credentials, query and fragment. Unusual parts of the path are masked, because they may be a key. */
  readonly endpoint: string | undefined;
  /** Counters of the processor or reader before it. */
  readonly metrics: ProcessorMetrics;
}

/** The state in one line. */
export function summaryOf({ signals, sdk, spool, instrumentations }: SpillwayStatus): string {
  const ways = Object.entries(signals).map(([signal, status]) => wayOf(signal, status));
  const versions = Object.entries(sdk?.versions ?? {}).map(
    ([name, version]) => `${name.replace('@opentelemetry/', '')} ${version}`,
  );
  const stores = spool === undefined ? '' : `; spool in ${spool.directory ?? 'a place of the application'}`;
  return `Spillway ships ${ways.join(', ') || 'nothing'}${stores}; OpenTelemetry ${sdk?.line} (${versions.join(', ')}); ${instrumentations} instrumentations`;
}

function wayOf(signal: string, { exporters, sampler, scrapedAt }: SignalStatus): string {
  const targets = exporters.map(({ name, endpoint }) => endpoint ?? name);
  if (scrapedAt !== undefined) targets.push(`Prometheus (${scrapedAt})`);
  return `${signal} to ${targets.join(' and ')}${sampler === undefined ? '' : ` (${sampler})`}`;
}
