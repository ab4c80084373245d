import type { AdaptiveLimits } from './adaptive-limits.ts';
import type { Attempts } from './attempts.ts';
import type { Holdings } from './holdings.ts';
import type { Suspect } from './suspect.ts';

/** At most this share of the flushes in flight may carry batches that are tried alone, but at least one may. */
const ALONE_SHARE = 1 / 4;

/** Sends the batches that were set aside, when it is their turn. */
export class Retries<Item, Batch> {
  readonly #held: Holdings<Item, Batch>;
  readonly #limits: AdaptiveLimits;
  readonly #attempts: Attempts<Item, Batch>;
  readonly #mostAlone: number;

  constructor(
    held: Holdings<Item, Batch>,
    limits: AdaptiveLimits,
    attempts: Attempts<Item, Batch>,
    maxConcurrentFlushes: number,
  ) {
    this.#held = held;
    this.#limits = limits;
    this.#attempts = attempts;
    this.#mostAlone = Math.max(1, Math.floor(maxConcurrentFlushes * ALONE_SHARE));
  }

  /**
   * The batch whose turn it is. A probe carries one only if nothing else can be sent: if every probe carried the same
   * items, and these were the reason for the failures, no probe would ever succeed.
   */
  next(time: number): Suspect<Batch> | undefined {
    const { setAside, flights, buffer } = this.#held;
    if (setAside.size === 0 || flights.isFull) return undefined;
    if (this.#limits.isProbing) return buffer.size === 0 || setAside.isFull ? setAside.first : undefined;
    const mayTryAlone = flights.alone < (this.#limits.isReduced ? 1 : this.#mostAlone);
    return setAside.due(time, (suspect) => mayTryAlone || !this.#attempts.isTriedAlone(suspect));
  }

  /** Sends a batch, or as much of it as may be sent now. */
  start(suspect: Suspect<Batch>, time: number): void {
    const { setAside, waiters } = this.#held;
    setAside.remove(suspect);
    let part = suspect;
    while (this.#limits.exceedsFlush(part)) {
      const [first, rest] = setAside.split(part);
      setAside.keep(rest);
      part = first;
    }
    waiters.onMoved(part, [this.#attempts.start({ kind: 'batch', batch: part.batch }, part, time)]);
  }
}
