import type { SignalName } from '@spillway/test/collector';

/** One of something for each signal. */
export type PerSignal<Value> = Readonly<Record<SignalName, Value>>;

/** In the order in which they are shown. */
export const SIGNALS: readonly SignalName[] = ['traces', 'logs'];

/** What the items of a signal are called. */
export const ITEMS: PerSignal<string> = { traces: 'spans', logs: 'log records' };

export function perSignal<Value>(valueOf: (signal: SignalName) => Value): PerSignal<Value> {
  return { traces: valueOf('traces'), logs: valueOf('logs') };
}

/** Where OTLP/HTTP has each signal. https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
export function pathOf(signal: SignalName): string {
  return `/v1/${signal}`;
}
