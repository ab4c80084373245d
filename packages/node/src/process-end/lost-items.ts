import type { DropReason } from '@spillway/backpressure';

/** Items that were lost for the same reason. */
export interface LostItems {
  readonly items: number;
  /** The reason by which a pipeline would have counted them. */
  readonly reason: Extract<DropReason, 'drain_timeout' | 'rejected' | 'too_large' | 'spool_full' | 'already_shutdown'>;
  /** What happened, such as the collector's answer. */
  readonly cause: string;
  /** The collector was sent them and did not answer, so it may have them. */
  readonly mayHaveArrived: boolean;
}

/** Adds up items that were lost in the same way. The last cause stands for all of them. */
export function summed(losses: readonly LostItems[]): readonly LostItems[] {
  const sums = new Map<string, LostItems>();
  for (const loss of losses) {
    const way = `${loss.reason} ${loss.mayHaveArrived}`;
    sums.set(way, { ...loss, items: loss.items + (sums.get(way)?.items ?? 0) });
  }
  return [...sums.values()];
}
