/** What a page loads late or does without. Everywhere else it is there from the start. */
import * as selfMetrics from '../self-metrics/index.ts';
import { Spooling, type SpoolingParts } from '../spool/spooling.ts';

export type SelfMetricsCode = typeof selfMetrics;

/**
 * Makes something of the code of self-metrics, as soon as it is loaded.
 * @param complain is told if it cannot be loaded
 * @returns a function that returns what was made; `undefined` before
 */
export function withSelfMetrics<Made>(
  make: (code: SelfMetricsCode) => Made,
  _complain: (error: unknown) => void,
): () => Made | undefined {
  const made = make(selfMetrics);
  return () => made;
}

/** The overflow of a pipeline that has a spool. */
export function spoolingOf<Batch>(parts: SpoolingParts<Batch>): Spooling<Batch> {
  return new Spooling(parts);
}
