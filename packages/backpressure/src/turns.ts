import { askAgainForLateCalls, defer, startTimer, type Timer } from './clock.ts';

/**
 * Calls the loop back: soon, or at a time. There is one deferred turn and one wake-up timer at most, so a loop that is
 * stopped and started in any order stays one loop.
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
   * An item was queued. At the pushes 1, 2, 4, 8 and so on since the last turn, this looks for calls that the platform has
   * lost. Not more often, because reading the clock costs more than anything else in a push.
   * @returns whether a turn will come soon, so that nobody needs to ask for one
   */
  onPush(): boolean {
    this.#pushes += 1;
    if ((this.#pushes & (this.#pushes - 1)) === 0) askAgainForLateCalls();
    return this.#deferred !== undefined;
  }

  /** Asks for a turn after what the event loop has ready. */
  defer(): void {
    this.#deferred ??= defer(() => this.#run());
  }

  /** Asks for a turn at a time, unless an earlier one is asked for already. `Infinity` asks for none. */
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

  /** Asks for a turn anew. For a caller who waits: a turn or a wake-up asked for before may be one that the platform has lost. */
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
