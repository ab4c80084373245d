import { DROP_REASONS, type DropReason } from './drop-reason.ts';
import type { Observers } from './observers.ts';

type CountByReason = Record<DropReason, number>;

/**
 * Where every item offered has gone. The law, at any instant:
 *
 * ```
 * offered  = accepted + rejected
 * accepted = flushed + failed + evicted + spilled + held (queued, in flight)
 * ```
 *
 * Each method is one way for an item to move; there is no other way to touch a counter.
 */
export class Accounting {
  #accepted = 0;
  #flushed = 0;
  #retried = 0;
  #spilled = 0;
  readonly #rejected = noCounts();
  readonly #evicted = noCounts();
  readonly #failed = noCounts();
  readonly #observers: Observers;

  /** @param observers told of every item that is lost */
  constructor(observers: Observers) {
    this.#observers = observers;
  }

  /** Items offered were let in. */
  accept(count = 1): void {
    this.#accepted += count;
  }

  /** It was not, after all: there was no room for it, and none could be made. */
  undoAccept(): void {
    this.#accepted -= 1;
  }

  /** Items offered were not let in. */
  reject(reason: DropReason, count = 1): void {
    if (count === 0) return;
    this.#rejected[reason] += count;
    this.#observers.onDrop(reason, count);
  }

  /** Items let in were given up before they were sent. */
  evict(reason: DropReason, count: number): void {
    if (count === 0) return;
    this.#evicted[reason] += count;
    this.#observers.onDrop(reason, count);
  }

  /** Items sent were taken. */
  deliver(count: number): void {
    this.#flushed += count;
  }

  /** Items sent were put back, to be sent again. */
  retry(count: number): void {
    this.#retried += count;
  }

  /** Items sent were refused for good. */
  fail(reason: DropReason, count: number): void {
    if (count === 0) return;
    this.#failed[reason] += count;
    this.#observers.onDrop(reason, count);
  }

  /** Items held were handed over: whoever has taken them answers for them from now on. */
  spill(count: number): void {
    this.#spilled += count;
  }

  /** They were not taken, after all, and are held as before; or they came back, and are held again. */
  unspill(count: number): void {
    this.#spilled -= count;
  }

  /** Items that were handed over are given up. */
  giveUpSpilled(reason: DropReason, count: number): void {
    this.#spilled -= count;
    this.evict(reason, count);
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

  get spilled(): number {
    return this.#spilled;
  }

  get rejected(): number {
    return sum(this.#rejected);
  }

  get evicted(): number {
    return sum(this.#evicted);
  }

  get failed(): number {
    return sum(this.#failed);
  }

  /** Everything not delivered, by why: rejected, evicted and failed together. */
  byReason(): CountByReason {
    const counts = noCounts();
    for (const reason of DROP_REASONS) {
      counts[reason] = this.#rejected[reason] + this.#evicted[reason] + this.#failed[reason];
    }
    return counts;
  }
}

function noCounts(): CountByReason {
  return Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as CountByReason;
}

function sum(counts: CountByReason): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
