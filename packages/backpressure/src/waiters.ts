import { now, startDeadline, type Timer } from './clock.ts';
import { DepartureOrder, FlushBarrier } from './flush-barrier.ts';

/** In milliseconds from now; see `DrainOptions`. */
export interface WaiterLimits {
  readonly timeoutMs: number;
  readonly absentAfterMs: number;
}

/** A caller that waits for items to settle. */
export interface Waiter {
  /** Without a barrier, the waiter waits until nothing is held. */
  readonly barrier: FlushBarrier | undefined;
  readonly deadline: number;
  /** From this moment on, the waiter does not wait for a consumer that has never been there. */
  readonly absentAt: number;
  readonly timer: Timer;
  readonly resolve: (reached: boolean) => void;
}

/** Something that carries items: a flight, or a batch that was set aside. */
interface Carrier {
  readonly items: number;
}

/**
 * The callers that wait until items have settled. They are told of every move of a batch, so that each of them knows
 * how many of its items are left.
 */
export class Waiters {
  readonly #waiters = new Set<Waiter>();
  readonly #order = new DepartureOrder();

  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Resolves with true once everything that is held now has settled, with false after `timeoutMs` or if the wait is in
   * vain.
   * @param queued items in the buffer
   * @param carriers the flights and batches set aside that carry the other items
   */
  waitForHeld(queued: number, carriers: Iterable<Carrier>, limits: WaiterLimits): Promise<boolean> {
    return this.#wait(new FlushBarrier(queued, carriers, this.#order), limits);
  }

  /** The same, but waits until nothing is held, including items that come in later. */
  waitForNothing(limits: WaiterLimits): Promise<boolean> {
    return this.#wait(undefined, limits);
  }

  /** A newer item will leave before some older ones. */
  onOvertaken(): void {
    this.#order.onOvertaken();
  }

  /** The next item of a buffer with a single lane was given up, so its waiters wait for one item less. */
  onNextEvicted(): void {
    this.#order.onNextEvicted();
  }

  /** A flight has left with items of the buffer. */
  onStart(flight: Carrier): void {
    for (const { barrier } of this.#waiters) barrier?.onStart(flight);
  }

  /** Items have changed their carrier. @param to the carriers that now have all of them */
  onMoved(from: Carrier, to: readonly Carrier[]): void {
    for (const { barrier } of this.#waiters) barrier?.onMoved(from, to);
  }

  /**
   * Items are in the buffer again.
   * @param queued items in the buffer, including these
   * @param oneLane whether all of them are in one lane
   */
  onPutBack(carrier: Carrier, queued: number, oneLane: boolean): void {
    for (const { barrier } of this.#waiters) barrier?.onPutBack(carrier, queued, oneLane);
  }

  /** No item is queued any more: all of them were given up. */
  onQueueEmptied(): void {
    for (const { barrier } of this.#waiters) barrier?.onQueueEmptied();
  }

  /** The items of a carrier have settled. */
  onSettled(carrier: Carrier): void {
    for (const { barrier } of this.#waiters) barrier?.onSettled(carrier);
  }

  /** @param queued items in the buffer */
  resolveReached(isIdle: boolean, queued: number): void {
    for (const waiter of [...this.#waiters]) {
      if (isIdle || waiter.barrier?.isReached(queued) === true) this.#resolve(waiter, true);
    }
  }

  /** Ends the waits that cannot succeed, because going on would only cost the caller time. */
  resolveInVain(isInVain: (waiter: Waiter) => boolean): void {
    for (const waiter of [...this.#waiters]) if (isInVain(waiter)) this.#resolve(waiter, false);
  }

  #wait(barrier: FlushBarrier | undefined, { timeoutMs, absentAfterMs }: WaiterLimits): Promise<boolean> {
    const time = now();
    return new Promise((resolve) => {
      const waiter: Waiter = {
        barrier,
        deadline: time + timeoutMs,
        absentAt: time + absentAfterMs,
        timer: startDeadline(() => this.#resolve(waiter, false), timeoutMs, true),
        resolve,
      };
      this.#waiters.add(waiter);
    });
  }

  #resolve(waiter: Waiter, reached: boolean): void {
    this.#waiters.delete(waiter);
    waiter.timer.cancel();
    waiter.resolve(reached);
  }
}
