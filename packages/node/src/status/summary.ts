import type { Signal } from '@spillway/config';
import type { SignalStatus, SpillwayStatus } from './status.ts';

const SIGNALS: readonly Signal[] = ['traces', 'logs'];

/** One line on what runs. */
export function summaryOf({ signals, sdk, instrumentations }: SpillwayStatus): string {
  const ways = SIGNALS.flatMap((signal) => (signals[signal] === undefined ? [] : wayOf(signal, signals[signal])));
  const versions = Object.entries(sdk?.versions ?? {}).map(([name, version]) => `${name.replace('@opentelemetry/', '')} ${version}`);
  return `Spillway ships ${ways.join(', ') || 'nothing'}; OpenTelemetry ${sdk?.line} (${versions.join(', ')}); ${instrumentations} instrumentations`;
}

function wayOf(signal: Signal, { exporters, sampler }: SignalStatus): string {
  const targets = exporters.map(({ name, endpoint }) => endpoint ?? name).join(' and ');
  return `${signal} to ${targets}${sampler === undefined ? '' : ` (${sampler})`}`;
}
