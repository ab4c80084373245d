import type { EventSignal } from '@spillway/test/collector';

/** A signal of OpenTelemetry, by its name in OTLP. */
export type Signal = EventSignal;

/** The bench's names for a signal and its items. */
interface SignalWords {
  readonly item: string;
  readonly items: string;
  /** The heading above the signal's rows, if several signals have a table each. */
  readonly heading: string;
  /** The prefix of the signal's row names. Spans have none, because their rows existed first. */
  readonly rowPrefix: string;
  /** The receiver's path. */
  readonly path: string;
}

export const SIGNALS: Readonly<Record<Signal, SignalWords>> = {
  traces: { item: 'span', items: 'spans', heading: 'Spans', rowPrefix: '', path: '/v1/traces' },
  logs: { item: 'log record', items: 'log records', heading: 'Log records', rowPrefix: 'logs-', path: '/v1/logs' },
};
