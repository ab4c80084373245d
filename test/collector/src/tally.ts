import type { SignalStore } from './signal-store.ts';

/** Counts of the ids that begin with the same digits. */
export interface Tally {
  /** Ids accepted at least once. */
  readonly unique: number;
  /** Times that an id was accepted again. */
  readonly duplicates: number;
  /** Duplicates beyond the lost answers: the client had got an answer and still sent the item again. */
  readonly unexplained: number;
  /** Items accepted whose answer was lost. */
  readonly unanswered: number;
}

/** The first digits of an id of 16 digits. Pipelines with different prefixes can be told apart. */
const PREFIX_DIGITS = 8;

/** The call takes time proportional to the number of ids. */
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
