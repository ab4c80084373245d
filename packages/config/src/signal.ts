/** The signals whose variables are known. */
export type Signal = 'traces' | 'logs';

/** How a signal is written in the names of variables and in URLs. */
interface SignalNames {
  /** The variables of the signal's batch processor begin with it. */
  readonly processorPrefix: string;
  /** Names the signal within a variable: `OTEL_EXPORTER_OTLP_<infix>_ENDPOINT`, `SPILLWAY_<infix>_STRATEGY`. */
  readonly infix: string;
  /** The path of the signal below a collector's base URL. */
  readonly path: string;
}

// A record, so that a signal added to the union does not compile until it has its row here.
const SIGNAL_NAMES: Readonly<Record<Signal, SignalNames>> = {
  traces: { processorPrefix: 'OTEL_BSP_', infix: 'TRACES', path: 'v1/traces' },
  logs: { processorPrefix: 'OTEL_BLRP_', infix: 'LOGS', path: 'v1/logs' },
};

/** Every signal, in the order in which tables list them. */
export const SIGNALS: readonly Signal[] = ['traces', 'logs'];

export function namesOf(signal: Signal): SignalNames {
  return SIGNAL_NAMES[signal];
}
