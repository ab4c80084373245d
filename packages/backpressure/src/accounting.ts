import { DROP_REASONS, type DropReason } from './drop-reason.ts';
import type { Observers } from './observers.ts';

type CountByReason = Record<DropReason, number>;

/**
 * Where every offered item has gone. The law, at any instant:
 *
 * ```
 * offered  = accepted + refused
 * accepted = delivered + rejected + evicted + spilled + queued + in flight
 * ```
 *
 * Each method is one way for an item to move; there is no other way to touch a counter.
 */
export class Accounting {
  #accepted = 0;
  #flushed = 0;
  #retried = 0;
  #spilled = 0;
  #taken = 0;
  #refused = 0;
  #evicted = 0;
  #failed = 0;
  /** Refused, evicted and failed items together. */
  readonly #lost = noCounts();
  /** Those of the lost items that had been taken before: all failed ones, and some of the evicted ones. */
  readonly #lostTaken = noCounts();
  readonly #observers: Observers;

  /** @param observers told of every item that is lost */
  constructor(observers: Observers) {
    this.#observers = observers;
  }

  /** Offered items were let in. */
  accept(count = 1): void {
    this.#accepted += count;
  }

  /** The last item was not let in after all: there was no room for it, and none could be made. */
  undoAccept(): void {
    this.#accepted -= 1;
  }

  /** Offered items were refused. */
  refuse(reason: DropReason, count = 1): void {
    if (count === 0) return;
    this.#refused += count;
    this.#lost[reason] += count;
    this.#observers.onDrop(reason, count);
  }

  /** Queued items were taken for the first time, to be sent or spilled. */
  take(count: number): void {
    this.#taken += count;
  }

  /**
   * Accepted items were given up before they were delivered.
   * @param taken how many of them had been taken before
   */
  evict(reason: DropReason, count: number, taken = 0): void {
    if (count === 0) return;
    this.#evicted += count;
    this.#lost[reason] += count;
    this.#lostTaken[reason] += taken;
    this.#observers.onDrop(reason, count);
  }

  /** Items were delivered. */
  deliver(count: number): void {
    this.#flushed += count;
  }

  /** Items were put back, to be sent again. */
  retry(count: number): void {
    this.#retried += count;
  }

  /** Items failed for good, for example because the consumer rejected them. */
  fail(reason: DropReason, count: number): void {
    if (count === 0) return;
    this.#failed += count;
    this.#lost[reason] += count;
    this.#lostTaken[reason] += count;
    this.#observers.onDrop(reason, count);
  }

  /** Held items were handed over. Their taker is responsible for them from now on. */
  spill(count: number): void {
    this.#spilled += count;
  }

  /** Spilled items were not taken after all, or came back. They are held again. */
  unspill(count: number): void {
    this.#spilled -= count;
  }

  /** Items that another process has let in and spilled are this one's from now on. */
  adopt(count: number): void {
    this.#accepted += count;
    this.#taken += count;
    this.#spilled += count;
  }

  /** Spilled items are given up. */
  giveUpSpilled(reason: DropReason, count: number): void {
    this.#spilled -= count;
    this.evict(reason, count, count);
  }

  get accepted(): number {
    return this.#accepted;
  }

  get flushed(): number {
    return this.#flushed;
  }

  get retried(): number {
    return this.#retried;
  }

  get taken(): number {
    return this.#taken;
  }

  get spilled(): number {
    return this.#spilled;
  }

  get refused(): number {
    return this.#refused;
  }

  get evicted(): number {
    return this.#evicted;
  }

  get failed(): number {
    return this.#failed;
  }

  /** All lost items by reason: refused, evicted and failed together. */
  byReason(): CountByReason {
    return { ...this.#lost };
  }

  /** Those of the lost items that were never taken. */
  byReasonBeforeTake(): CountByReason {
    const counts = { ...this.#lost };
    for (const reason of DROP_REASONS) counts[reason] -= this.#lostTaken[reason];
    return counts;
  }

  /** Those of the lost items that had been taken. */
  byReasonAfterTake(): CountByReason {
    return { ...this.#lostTaken };
  }
}

function noCounts(): CountByReason {
  return Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as CountByReason;
}
