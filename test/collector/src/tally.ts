import type { SignalStore } from './signal-store.ts';

/** Of the ids that begin alike. */
export interface Tally {
  /** Ids accepted at least once. */
  readonly unique: number;
  /** Times that an id was accepted again. */
  readonly duplicates: number;
  /** Duplicates beyond the answers that were lost: the client had been told, and sent it again. */
  readonly unexplained: number;
  /** Items accepted whose answer was lost. */
  readonly unanswered: number;
}

/** Of an id of 16 digits, so that who makes ids can tell the makers apart. */
const PREFIX_DIGITS = 8;

/** Takes time that grows with the number of ids. */
export function tallyOf({ ids, unanswered }: SignalStore): Map<string, Tally> {
  const tallies = new Map<string, { -readonly [Name in keyof Tally]: Tally[Name] }>();
  for (const [id, times] of ids) {
    const prefix = id.slice(0, PREFIX_DIGITS);
    const lost = unanswered.get(id) ?? 0;
    const tally = tallies.get(prefix) ?? { unique: 0, duplicates: 0, unexplained: 0, unanswered: 0 };
    tally.unique += 1;
    tally.duplicates += times - 1;
    tally.unexplained += Math.max(0, times - 1 - lost);
    tally.unanswered += lost;
    tallies.set(prefix, tally);
  }
  return tallies;
}
