/** The signals whose variables are known. */
export type Signal = 'traces' | 'logs' | 'metrics';

/** The signals whose items go through a batch processor. The metrics SDK aggregates instead, and a reader collects. */
export type ProcessorSignal = Exclude<Signal, 'metrics'>;

/** Every signal, in the order in which tables list them. */
export const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];
