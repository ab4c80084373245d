/**
 * A call that is this late counts as lost. A blocked event loop also makes calls late. A call asked for twice runs
 * once.
 */
const LOST_AFTER_MS = 1_000;

/** Asks the platform for a call. @returns a function that cancels it. @throws what a platform throws that refuses */
type Ask = (run: () => void, isLate: boolean) => () => void;

interface Call {
  dueAt: number;
  readonly run: () => void;
  readonly ask: Ask;
  /** `undefined` if the platform has refused the call, as a worker does while its modules are loaded. */
  takeBack: (() => void) | undefined;
}

/** Calls that the platform was asked for and that have not come yet. */
export class LateCalls {
  readonly #awaited = new Set<Call>();
  /**
   * No call is due before this. It may be earlier than the first due call, because calls that have come do not change
   * it. It is `-Infinity` if a call was refused.
   */
  #earliestDueAt = Infinity;

  /** @param ask is called now, and again if the call is refused or lost */
  add(callback: () => void, dueAt: number, ask: Ask): { cancel(): void } {
    const run = (): void => {
      if (this.#awaited.delete(call)) callback();
    };
    const call: Call = { dueAt, run, ask, takeBack: undefined };
    this.#awaited.add(call);
    this.#ask(call, false);
    return {
      cancel: () => {
        if (this.#awaited.delete(call)) call.takeBack?.();
      },
    };
  }

  /**
   * Asks again for calls that are overdue or were refused, but runs none of them, because the caller may be a hook that
   * must not take long.
   */
  askAgain(time: number): void {
    if (this.#earliestDueAt + LOST_AFTER_MS > time) return;
    this.#earliestDueAt = Infinity;
    for (const call of this.#awaited) {
      const isLate = call.dueAt + LOST_AFTER_MS <= time;
      if (isLate) {
        call.takeBack?.();
        call.takeBack = undefined;
        call.dueAt = time;
      }
      if (call.takeBack === undefined) this.#ask(call, isLate);
      else this.#earliestDueAt = Math.min(this.#earliestDueAt, call.dueAt);
    }
  }

  #ask(call: Call, isLate: boolean): void {
    try {
      call.takeBack = call.ask(call.run, isLate);
      this.#earliestDueAt = Math.min(this.#earliestDueAt, call.dueAt);
    } catch {
      this.#earliestDueAt = -Infinity;
    }
  }
}
