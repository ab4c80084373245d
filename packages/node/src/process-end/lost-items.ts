import type { DropReason } from '@spillway/backpressure';

/** Items that were lost for the same reason. */
export interface LostItems {
  readonly items: number;
  /** The reason by which a pipeline would have counted them. */
  readonly reason: Extract<DropReason, 'drain_timeout' | 'rejected' | 'too_large'>;
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

/** One line for the log; `undefined` if nothing was lost. */
export function lossLine(losses: readonly LostItems[]): string | undefined {
  const lost = losses.filter(({ items }) => items > 0);
  const sum = lost.reduce((total, { items }) => total + items, 0);
  if (sum === 0) return undefined;
  const parts = lost.map(
    ({ items, reason, cause, mayHaveArrived }) =>
      `${items} ${reason} (${cause}${mayHaveArrived ? '; they may have arrived' : ''})`,
  );
  return `Spillway: lost ${sum === 1 ? '1 item' : `${sum} items`} as the process ended: ${parts.join(', ')}`;
}
