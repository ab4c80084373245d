import { deferred } from './deferred.ts';

/** Lets a limited number of requests be served at a time. The others wait in order of arrival. */
export class ServiceGate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(concurrency: number) {
    this.#free = concurrency;
  }

  /** Resolves when there is a place. Each `enter` needs a `leave`. */
  enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    const { promise, resolve } = deferred();
    this.#waiting.push(resolve);
    return promise;
  }

  /** Passes the place directly to the next waiting request, so that no later request overtakes it. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
