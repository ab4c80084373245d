import type { Signal } from '@spillway/config';
import { LOGS } from './logs.ts';
import { METRICS } from './metrics.ts';
import type { SignalDescription } from './signal-description.ts';
import { TRACES } from './traces.ts';

/** Every signal, in the order in which it is looked up, registered and shown. The first one that is found sets the line. */
export const SIGNALS: readonly SignalDescription[] = [TRACES, LOGS, METRICS];

/** A value for every signal. */
export function perSignal<Value>(valueOf: (signal: SignalDescription) => Value): Readonly<Record<Signal, Value>> {
  return Object.fromEntries(SIGNALS.map((signal) => [signal.name, valueOf(signal)])) as Record<Signal, Value>;
}
