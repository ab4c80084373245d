import type { SignalName } from '@spillway/test/collector';

/** A signal of OpenTelemetry, by OTLP's name. */
export type Signal = SignalName;

/** What the bench calls a signal and its items. */
interface SignalWords {
  readonly item: string;
  readonly items: string;
  /** Above the signal's rows where several signals have a table each. */
  readonly heading: string;
  /** Before the names of the signal's rows. Spans were there first. */
  readonly rowPrefix: string;
  /** The receiver's path. */
  readonly path: string;
}

export const SIGNALS: Readonly<Record<Signal, SignalWords>> = {
  traces: { item: 'span', items: 'spans', heading: 'Spans', rowPrefix: '', path: '/v1/traces' },
  logs: { item: 'log record', items: 'log records', heading: 'Log records', rowPrefix: 'logs-', path: '/v1/logs' },
};
