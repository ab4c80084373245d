import type { EventSignal } from '../../collector/src/index.ts';
import type { Service } from '../../faults/service.ts';
import { arrivalsOf } from './arrivals.ts';
import type { Received } from './received.ts';

/** What happened to the items of one signal. */
export interface Outcome {
  readonly made: number;
  readonly missing: number;
  /** How many times in total items arrived again. */
  readonly duplicates: number;
}

/** @param services one for each signal */
export function outcomesOf(services: readonly Service[], received: Received): Record<EventSignal, Outcome> {
  const arrivals = arrivalsOf(received);
  const outcomeOf = (signal: EventSignal): Outcome => {
    const made = services.find((service) => service.signal === signal)?.made ?? [];
    const times = made.map((id) => arrivals[signal].get(id) ?? 0);
    return {
      made: made.length,
      missing: times.filter((count) => count === 0).length,
      duplicates: times.reduce((sum, count) => sum + Math.max(0, count - 1), 0),
    };
  };
  return { traces: outcomeOf('traces'), logs: outcomeOf('logs') };
}

/** A metric of each signal. */
export function totalsOf(
  services: readonly Service[],
  key: 'inFlight' | 'bufferSize' | 'eventsRetried',
): Record<EventSignal, number> {
  const of = (signal: EventSignal): number =>
    services.find((service) => service.signal === signal)?.processor.getMetrics()[key] ?? 0;
  return { traces: of('traces'), logs: of('logs') };
}
