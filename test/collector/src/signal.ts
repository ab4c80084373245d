import type { Definitions } from './definitions.ts';
import { LogStore } from './log-store.ts';
import { MetricStore } from './metric-store.ts';
import { SpanStore } from './span-store.ts';

/**
 * The signals that the collector takes. A signal is a path and a store. The rest of the collector does not depend on
 * them.
 */
export const SIGNALS = {
  traces: { path: '/v1/traces', open: (definitions: Definitions | undefined) => new SpanStore(definitions) },
  logs: { path: '/v1/logs', open: (definitions: Definitions | undefined) => new LogStore(definitions) },
  metrics: { path: '/v1/metrics', open: (definitions: Definitions | undefined) => new MetricStore(definitions) },
} as const;

export type SignalName = keyof typeof SIGNALS;

/** A signal whose items are made one by one and carry ids of their own. Data points are aggregated, and have none. */
export type EventSignal = Exclude<SignalName, 'metrics'>;

export type SignalStores = { readonly [Name in SignalName]: ReturnType<(typeof SIGNALS)[Name]['open']> };

export function openStores(definitions: Definitions | undefined): SignalStores {
  return {
    traces: SIGNALS.traces.open(definitions),
    logs: SIGNALS.logs.open(definitions),
    metrics: SIGNALS.metrics.open(definitions),
  };
}

export function signalAt(path: string): SignalName | undefined {
  return SIGNAL_OF_PATH.get(path);
}

const SIGNAL_OF_PATH: ReadonlyMap<string, SignalName> = new Map([
  [SIGNALS.traces.path, 'traces'],
  [SIGNALS.logs.path, 'logs'],
  [SIGNALS.metrics.path, 'metrics'],
]);
