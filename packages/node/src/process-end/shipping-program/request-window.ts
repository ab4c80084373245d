import { defer } from '@spillway/backpressure';

const MOST_IN_FLIGHT = 32;

/** The requests in flight: at most as many bytes of them as the window has, unless there is only one. */
export class RequestWindow {
  readonly #byteLength: number;
  #requests = 0;
  #bytes = 0;
  #freedBytes = 0;
  #whenSettled = (): void => {};

  constructor(byteLength: number) {
    this.#byteLength = byteLength;
  }

  /** Waits until a request of this size fits. */
  async roomFor(byteLength: number): Promise<void> {
    while (this.#requests >= MOST_IN_FLIGHT || (this.#requests > 0 && this.#bytes + byteLength > this.#byteLength))
      await this.#settled();
    if (this.#freedBytes < this.#byteLength / 2) return;
    this.#freedBytes = 0;
    await collectGarbage();
  }

  /** A request takes its room until it is settled. */
  hold(byteLength: number, delivery: Promise<unknown>): void {
    this.#requests += 1;
    this.#bytes += byteLength;
    const release = (): void => {
      this.#requests -= 1;
      this.#bytes -= byteLength;
      this.#freedBytes += byteLength;
      this.#whenSettled();
    };
    delivery.then(release, release);
  }

  /** Waits until nothing is in flight. */
  async empty(): Promise<void> {
    while (this.#requests > 0) await this.#settled();
  }

  async #settled(): Promise<void> {
    return new Promise((resolve) => (this.#whenSettled = resolve));
  }
}

/**
 * V8 is in no hurry to collect bodies, which lie off its heap. This turn of the event loop may still refer to the last one, and
 * a collection leaves it to the next one to free what it has found.
 */
async function collectGarbage(): Promise<void> {
  await new Promise<void>((resolve) => void defer(resolve));
  globalThis.gc?.();
  globalThis.gc?.();
}
