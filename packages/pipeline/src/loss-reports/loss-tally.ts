import { DROP_REASONS, wallTime } from '@spillway/backpressure';

/** Why an item was lost: a drop reason, or that it was not even built. */
type Reason = (typeof DROP_REASONS)[number] | 'not_built';

const REASONS: readonly Reason[] = [...DROP_REASONS, 'not_built'];

/** Counts by reason, and when the first and the last came. */
export class LossTally {
  /** All reasons from the start, so that counting allocates nothing. */
  readonly #counts = Object.fromEntries(REASONS.map((reason) => [reason, 0])) as Record<Reason, number>;
  #total = 0;
  #noted = 0;
  /** Milliseconds since 1970. */
  firstAt = 0;
  /** The same, as of the last {@link note}. */
  lastAt = 0;

  get isEmpty(): boolean {
    return this.#total === 0;
  }

  /** Those above 0. */
  get countByReason(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.#counts).filter(([, count]) => count > 0));
  }

  /** In the hot path of a full queue, so it looks at the clock only for the first loss. */
  add(reason: Reason, count: number): void {
    if (this.#total === 0) this.firstAt = this.lastAt = wallTime();
    this.#counts[reason] += count;
    this.#total += count;
  }

  /** Call it at intervals: it is how precise `lastAt` is. @returns whether anything came since the last call */
  note(): boolean {
    if (this.#total === this.#noted) return false;
    this.#noted = this.#total;
    this.lastAt = wallTime();
    return true;
  }

  /** Some of those that were added are not to be counted. */
  subtract(reason: Reason, count: number): void {
    const taken = Math.min(count, this.#counts[reason]);
    this.#counts[reason] -= taken;
    this.#total -= taken;
    this.#noted = Math.min(this.#noted, this.#total);
  }

  /** Takes back what was cleared. */
  restore(countByReason: Readonly<Record<string, number>>, firstAt: number, lastAt: number): void {
    const last = this.isEmpty ? lastAt : this.lastAt;
    for (const [reason, count] of Object.entries(countByReason)) this.add(reason as Reason, count);
    this.#noted = this.#total;
    this.firstAt = firstAt;
    this.lastAt = last;
  }

  clear(): void {
    for (const reason of REASONS) this.#counts[reason] = 0;
    this.#total = 0;
    this.#noted = 0;
  }
}
