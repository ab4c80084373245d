import type { SignalName } from '@spillway/test/collector';

/** One value for each signal. */
export type PerSignal<Value> = Readonly<Record<SignalName, Value>>;

/** The signals, in the order in which they are shown. */
export const SIGNALS: readonly SignalName[] = ['traces', 'logs', 'metrics'];

/**
 * The name of a signal's items. The items of metrics are measurements, not data points: how many data points there are
 * depends on how often they are collected.
 */
export const ITEMS: PerSignal<string> = { traces: 'spans', logs: 'log records', metrics: 'measurements' };

export function perSignal<Value>(valueOf: (signal: SignalName) => Value): PerSignal<Value> {
  return { traces: valueOf('traces'), logs: valueOf('logs'), metrics: valueOf('metrics') };
}

/** The path of a signal in OTLP/HTTP. https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
export function pathOf(signal: SignalName): string {
  return `/v1/${signal}`;
}
