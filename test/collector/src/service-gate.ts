import { deferred } from './deferred.ts';

/** Lets a number of requests be served at a time; the others wait in the order in which they came. */
export class ServiceGate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(concurrency: number) {
    this.#free = concurrency;
  }

  /** Resolves when there is a place. Whoever entered must leave. */
  enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    const { promise, resolve } = deferred();
    this.#waiting.push(resolve);
    return promise;
  }

  /** The place passes straight to the next in line, so that nobody who comes later overtakes. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
