/**
 * A call that is this late counts as lost. A blocked event loop also makes calls late. A call asked for twice runs
 * once.
 */
const LOST_AFTER_MS = 1_000;

/** Asks the platform for a call. @returns a function that cancels it */
type Ask = (run: () => void, isLate: boolean) => () => void;

interface Call {
  dueAt: number;
  readonly run: () => void;
  readonly ask: Ask;
  takeBack: () => void;
}

/** Calls that the platform was asked for and that have not come yet. */
export class LateCalls {
  readonly #awaited = new Set<Call>();
  /**
   * No call is due before this. It may be earlier than the first due call, because calls that have come do not change
   * it.
   */
  #earliestDueAt = Infinity;

  /** @param ask is called now, and again if the call is lost */
  add(callback: () => void, dueAt: number, ask: Ask): { cancel(): void } {
    const run = (): void => {
      if (this.#awaited.delete(call)) callback();
    };
    const call: Call = { dueAt, run, ask, takeBack: noop };
    this.#awaited.add(call);
    if (dueAt < this.#earliestDueAt) this.#earliestDueAt = dueAt;
    call.takeBack = ask(run, false);
    return {
      cancel: () => {
        if (this.#awaited.delete(call)) call.takeBack();
      },
    };
  }

  /** Asks again for overdue calls, but runs none of them, because the caller may be a hook that must not take long. */
  askAgain(time: number): void {
    if (this.#earliestDueAt + LOST_AFTER_MS > time) return;
    this.#earliestDueAt = Infinity;
    for (const call of this.#awaited) {
      if (call.dueAt + LOST_AFTER_MS <= time) {
        call.takeBack();
        call.dueAt = time;
        call.takeBack = call.ask(call.run, true);
      }
      if (call.dueAt < this.#earliestDueAt) this.#earliestDueAt = call.dueAt;
    }
  }
}

function noop(): void {}
