import type { EventSignal } from '@spillway/test/collector';

/** One value for each signal. */
export type PerSignal<Value> = Readonly<Record<EventSignal, Value>>;

/** The signals, in the order in which they are shown. */
export const SIGNALS: readonly EventSignal[] = ['traces', 'logs'];

/** The name of a signal's items. */
export const ITEMS: PerSignal<string> = { traces: 'spans', logs: 'log records' };

export function perSignal<Value>(valueOf: (signal: EventSignal) => Value): PerSignal<Value> {
  return { traces: valueOf('traces'), logs: valueOf('logs') };
}

/** The path of a signal in OTLP/HTTP. https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
export function pathOf(signal: EventSignal): string {
  return `/v1/${signal}`;
}
