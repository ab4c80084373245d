import { now, startTimer, type Timer } from '@spillway/backpressure';

/** Calls back again and again, on a grid of time that calls which come late do not shift. Keeps no process alive. */
export class Interval {
  readonly #call: () => void;
  readonly #millis: number;
  #nextAt = 0;
  #timer: Timer | undefined;

  constructor(call: () => void, millis: number) {
    this.#call = call;
    this.#millis = millis;
  }

  start(): void {
    this.#nextAt = now() + this.#millis;
    this.#wait();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(): void {
    this.#timer = startTimer(() => this.#tick(), this.#nextAt - now());
  }

  #tick(): void {
    // Calls that were missed, for example while the machine slept, are not made up for.
    const missed = Math.max(0, Math.floor((now() - this.#nextAt) / this.#millis));
    this.#nextAt += (missed + 1) * this.#millis;
    this.#wait();
    this.#call();
  }
}
