import { type MeterProvider, metrics } from '@opentelemetry/api';

/**
 * Where metrics about telemetry itself are recorded: a meter provider, a function that is asked for it again and again
 * because it may come later, or `global` for the provider that is registered with `@opentelemetry/api` then.
 */
export type SelfObsMeterProvider = MeterProvider | (() => MeterProvider | undefined) | 'global';

/** Finds the meter provider; `undefined` while there is none. May throw. */
export type MeterSource = () => MeterProvider | undefined;

/**
 * @returns `undefined` if nothing is to be recorded
 * @throws TypeError that names the option
 */
export function meterSourceOf(option: SelfObsMeterProvider | undefined): MeterSource | undefined {
  if (option === undefined) return undefined;
  if (option === 'global') return () => metrics.getMeterProvider();
  if (typeof option === 'function') return option;
  if (typeof option === 'object' && option !== null && typeof option.getMeter === 'function') return () => option;
  throw new TypeError(
    `selfObsMeterProvider must be a MeterProvider, a function that returns one, or 'global', got ${option === null ? 'null' : typeof option}`,
  );
}
