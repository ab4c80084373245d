import { now, startDeadline, type Timer } from './clock.ts';
import type { FlushBarrier } from './flush-barrier.ts';

/** In milliseconds from now; see `DrainOptions`. */
export interface WaiterLimits {
  readonly timeoutMs: number;
  readonly absentAfterMs: number;
}

/** Somebody waits. */
export interface Waiter {
  /** Without one, the waiter waits until nothing at all is held. */
  readonly barrier: FlushBarrier | undefined;
  readonly deadline: number;
  /** From then on, a consumer that has never been there is not waited for. */
  readonly absentAt: number;
  readonly timer: Timer;
  readonly resolve: (reached: boolean) => void;
}

/** Those who wait until items have settled, and the barriers by which each knows what is left of them. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();

  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Resolves with true when the barrier is reached, with false after `timeoutMs` or if the wait is in vain.
   * @param barrier without one: when nothing is held
   */
  wait(barrier: FlushBarrier | undefined, { timeoutMs, absentAfterMs }: WaiterLimits): Promise<boolean> {
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

  /** Tells every barrier what has happened. */
  tell(happened: (barrier: FlushBarrier) => void): void {
    for (const { barrier } of this.#waiters) if (barrier !== undefined) happened(barrier);
  }

  /** @param queued items in the buffer */
  resolveReached(isIdle: boolean, queued: number): void {
    for (const waiter of [...this.#waiters]) {
      if (isIdle || waiter.barrier?.isReached(queued) === true) this.#resolve(waiter, true);
    }
  }

  /** Ends the waits from which nothing can come: waiting on would only cost the caller time. */
  resolveInVain(isInVain: (waiter: Waiter) => boolean): void {
    for (const waiter of [...this.#waiters]) if (isInVain(waiter)) this.#resolve(waiter, false);
  }

  #resolve(waiter: Waiter, reached: boolean): void {
    this.#waiters.delete(waiter);
    waiter.timer.cancel();
    waiter.resolve(reached);
  }
}
