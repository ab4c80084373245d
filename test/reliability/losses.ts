import { DROP_REASONS, type DropReason } from '@spillway/backpressure';
import type { ProcessorMetrics } from '@spillway/pipeline';

/** Items given up, by each reason that occurred. */
export function lossesOf({ droppedByReason }: ProcessorMetrics): ReadonlyMap<DropReason, number> {
  return new Map(
    DROP_REASONS.flatMap((reason) => (droppedByReason[reason] > 0 ? [[reason, droppedByReason[reason]] as const] : [])),
  );
}
