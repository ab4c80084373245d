import { startTimer, type Timer } from '@spillway/backpressure';

/** Why an attempt had to end. */
export type DeadlineEnd = 'aborted' | 'timed out';

/** Combines both ways to end an attempt from outside: its signal and its time-out. */
export class Deadline {
  #end: DeadlineEnd | undefined;
  #onEnd: (() => void) | undefined;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.#finish('aborted');
  readonly #timer: Timer | undefined;

  /** @param timeoutMillis `Infinity` for no limit */
  constructor(signal: AbortSignal, timeoutMillis: number) {
    this.#signal = signal;
    if (signal.aborted) {
      this.#end = 'aborted';
      return;
    }
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#timer = startTimer(() => this.#finish('timed out'), timeoutMillis);
  }

  /** Why the signal was aborted, if it was. */
  get reason(): unknown {
    return this.#signal.reason;
  }

  /** `undefined` while there is time. */
  get end(): DeadlineEnd | undefined {
    return this.#end;
  }

  /** Calls back once, at the end, or now if it has passed; never after `dispose`. Replaces the previous callback. */
  whenEnded(callback: () => void): void {
    this.#onEnd = callback;
    if (this.#end !== undefined) callback();
  }

  /** Settles with the promise, or rejects at the end, whichever comes first. */
  async race<Value>(promise: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.whenEnded(() => reject(new Error(this.#end)));
      promise.then(resolve, reject);
    });
  }

  /** The attempt is over: releases the signal and the timer. */
  dispose(): void {
    this.#onEnd = undefined;
    this.#timer?.cancel();
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  #finish(end: DeadlineEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#onEnd?.();
  }
}
