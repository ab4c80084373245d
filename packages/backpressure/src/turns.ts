import { askAgainForLateCalls, defer, startTimer, type Timer } from './clock.ts';

/**
 * Calls the loop back: soon, or at a time. There is at most one deferred turn and one wake-up timer. So a loop stays
 * one loop, in whatever order it is stopped and started.
 */
export class Turns {
  readonly #turn: () => void;
  #deferred: Timer | undefined;
  #wakeUp: { readonly at: number; readonly timer: Timer } | undefined;
  #pushes = 0;

  constructor(turn: () => void) {
    this.#turn = turn;
  }

  /**
   * An item was queued. At the pushes 1, 2, 4, 8 and so on since the last turn, this looks for calls that the platform
   * has lost. It does not look more often, because reading the clock costs more than anything else in a push.
   * @returns whether a turn will come soon anyway
   */
  onPush(): boolean {
    this.#pushes += 1;
    if ((this.#pushes & (this.#pushes - 1)) === 0) askAgainForLateCalls();
    return this.#deferred !== undefined;
  }

  /** Asks for a turn soon, in the next turn of the event loop. */
  defer(): void {
    this.#deferred ??= defer(() => this.#run());
  }

  /** Asks for a turn at a time, unless an earlier one was already asked for. `Infinity` asks for none. */
  wakeAt(at: number, time: number): void {
    if (at === Infinity) return;
    if (this.#wakeUp !== undefined && this.#wakeUp.at <= at) return;
    this.cancelWakeUp();
    const timer = startTimer(() => {
      this.#wakeUp = undefined;
      this.defer();
    }, at - time);
    this.#wakeUp = { at, timer };
  }

  cancelWakeUp(): void {
    this.#wakeUp?.timer.cancel();
    this.#wakeUp = undefined;
  }

  /** Asks for a turn again, for a caller that waits: the platform may have lost the deferred turn or the wake-up. */
  renew(): void {
    this.#deferred?.cancel();
    this.#deferred = undefined;
    this.cancelWakeUp();
    this.defer();
  }

  #run(): void {
    this.#deferred = undefined;
    this.#pushes = 0;
    this.#turn();
  }
}
