import type { ProcessorMetrics } from '@spillway/pipeline';
import type { Tally } from '../collector/src/index.ts';

export const NOTHING_ARRIVED: Tally = { unique: 0, duplicates: 0, unexplained: 0, unanswered: 0 };

/** Items that were given up, and those that the SDK did not build for want of room. */
export function lostItems({ eventsDropped, eventsFailed, eventsNotBuilt }: ProcessorMetrics): number {
  return eventsDropped + eventsFailed + eventsNotBuilt;
}

/**
 * For a pipeline that has ended.
 * @param made items that the application made
 * @returns where what was counted does not agree with what was made and what arrived
 */
export function disagreements(made: number, metrics: ProcessorMetrics, { unique, unexplained }: Tally): string[] {
  const { eventsFlushed } = metrics;
  const lost = lostItems(metrics);
  return [
    ...(made === eventsFlushed + lost ? [] : [`made ${made}, flushed ${eventsFlushed}, lost ${lost}`]),
    ...(unique < eventsFlushed ? [`${eventsFlushed - unique} items counted as flushed have not arrived`] : []),
    ...(unexplained > 0 ? [`${unexplained} duplicates of items whose arrival had been answered`] : []),
  ];
}
