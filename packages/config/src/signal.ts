/** The signals whose variables are known. */
export type Signal = 'traces' | 'logs';

/** Every signal, in the order in which tables list them. */
export const SIGNALS: readonly Signal[] = ['traces', 'logs'];
