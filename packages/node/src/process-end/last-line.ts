import { itemsText } from '@spillway/pipeline';
import type { LostItems } from './lost-items.ts';

/** What a process logs when it ends immediately. */
export interface LastLine {
  readonly level: 'info' | 'warn';
  readonly text: string;
}

/**
 * One line for the log, with what became of the items that were left.
 * @param stored items that the spool has
 * @param shipped items that the collector has
 * @returns `undefined` if nothing was lost and nothing has to be sent later
 */
export function lastLine(stored: number, shipped: number, losses: readonly LostItems[]): LastLine | undefined {
  const lost = losses.filter(({ items }) => items > 0);
  const sum = lost.reduce((total, { items }) => total + items, 0);
  if (stored <= 0 && sum === 0) return undefined;
  const fates = [
    ...(stored > 0 ? [`stored ${itemsText(stored)} in the spool`] : []),
    ...(stored > 0 && shipped > 0 ? [`shipped ${shipped}`] : []),
    ...(sum > 0 ? [`lost ${stored > 0 ? sum : itemsText(sum)}`] : []),
  ];
  const causes = lost.map(
    ({ items, reason, cause, mayHaveArrived }) =>
      `${items} ${reason} (${cause}${mayHaveArrived ? '; they may have arrived' : ''})`,
  );
  const text = `Spillway: ${fates.join(', ')} as the process ended`;
  return causes.length === 0 ? { level: 'info', text } : { level: 'warn', text: `${text}: ${causes.join(', ')}` };
}
