import type { Tally } from '../collector/src/index.ts';
import { NOTHING_ARRIVED } from '../faults/accounts.ts';

/** Whether an item was made before or after the end of the fault, or is the poison item. */
type Phase = 'before' | 'after' | 'poison';

/** The first eight digits of ids. The collector keeps one tally for each. */
const PREFIX: Readonly<Record<Phase, string>> = { before: '00000001', after: '00000002', poison: '00000003' };

/** The id of the first poison item of each pipeline. */
export const POISON_ID = `${PREFIX.poison}00000001`;

/** The ids of one pipeline's items. */
export class PhasedIds {
  readonly #made: Record<Phase, number> = { before: 0, after: 0, poison: 0 };
  #phase: Phase = 'before';

  readonly next = (): string => {
    this.#made[this.#phase] += 1;
    return PREFIX[this.#phase] + this.#made[this.#phase].toString(16).padStart(8, '0');
  };

  get made(): number {
    return this.#made.before + this.#made.after + this.#made.poison;
  }

  /** The number of items made before the end of the fault. */
  get madeBefore(): number {
    return this.#made.before + this.#made.poison;
  }

  onFaultOver(): void {
    this.#phase = 'after';
  }

  /** Runs a function that makes one item, which gets the id of the poison item. */
  poison(make: () => void): void {
    const phase = this.#phase;
    this.#phase = 'poison';
    make();
    this.#phase = phase;
  }

  /** How many items made before the end of the fault have arrived. */
  arrivedBefore(tallies: ReadonlyMap<string, Tally>): number {
    return (tallies.get(PREFIX.before)?.unique ?? 0) + (tallies.get(PREFIX.poison)?.unique ?? 0);
  }

  /** The tally of all phases together. */
  arrived(tallies: ReadonlyMap<string, Tally>): Tally {
    return Object.values(PREFIX)
      .map((prefix) => tallies.get(prefix) ?? NOTHING_ARRIVED)
      .reduce((sum, tally) => ({
        unique: sum.unique + tally.unique,
        duplicates: sum.duplicates + tally.duplicates,
        unexplained: sum.unexplained + tally.unexplained,
        unanswered: sum.unanswered + tally.unanswered,
      }));
  }
}
