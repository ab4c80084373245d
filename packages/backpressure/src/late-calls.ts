/** How late a call may be before it is taken for lost. A blocked event loop makes calls late as well: asked for twice, they run once. */
const LOST_AFTER_MS = 1_000;

/** Asks the platform for a call. @returns what takes it back */
type Ask = (run: () => void, isLate: boolean) => () => void;

interface Call {
  dueAt: number;
  readonly run: () => void;
  readonly ask: Ask;
  takeBack: () => void;
}

/** Calls that were asked of the platform and have not come yet. */
export class LateCalls {
  readonly #awaited = new Set<Call>();
  /** No call is due before this. It may be earlier than the earliest, because calls that came do not change it. */
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

  /** Asks again for the calls that are overdue, and runs none: the caller may be a hook that must not take long. */
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
