import type { ProcessorMetrics } from '@spillway/pipeline';
import type { Tally } from '../collector/src/index.ts';

export const NOTHING_ARRIVED: Tally = { unique: 0, duplicates: 0, unexplained: 0, unanswered: 0 };

/** Items that were given up, and items that the SDK did not build for lack of room. */
export function lostItems({ eventsDropped, eventsFailed, eventsNotBuilt }: ProcessorMetrics): number {
  return eventsDropped + eventsFailed + eventsNotBuilt;
}

/**
 * Checks a pipeline that has ended.
 * @param made number of items that the application made
 * @returns contradictions between the counters, the items made and the items that arrived
 */
export function disagreements(made: number, metrics: ProcessorMetrics, { unique, unexplained }: Tally): string[] {
  const { eventsFlushed } = metrics;
  const lost = lostItems(metrics);
  return [
    ...(made === eventsFlushed + lost ? [] : [`made ${made}, flushed ${eventsFlushed}, lost ${lost}`]),
    ...(unique < eventsFlushed ? [`${eventsFlushed - unique} items counted as flushed have not arrived`] : []),
    ...(unexplained > 0 ? [`${unexplained} duplicates of items that had already been acknowledged`] : []),
  ];
}
