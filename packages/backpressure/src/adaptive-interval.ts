const SLOW = 1.5;
const FAST = 0.5;
const GROWTH = 1.5;
const SHRINKAGE = 0.8;

/**
 * How long a batch that is not full waits. A consumer slower than the target gets fewer, fuller batches. A fast one
 * gets items sooner.
 */
export class AdaptiveInterval {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #targetLatencyMs: number;
  #currentMs: number;

  constructor(minMs: number, maxMs: number, targetLatencyMs: number) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#targetLatencyMs = targetLatencyMs;
    this.#currentMs = minMs;
  }

  get currentMs(): number {
    return this.#currentMs;
  }

  onLatency(latencyMs: number): void {
    if (latencyMs > SLOW * this.#targetLatencyMs) {
      // An interval of 0 is valid, and multiplying it would never make it grow.
      this.#currentMs = Math.min(this.#maxMs, Math.max(this.#currentMs, 1) * GROWTH);
    } else if (latencyMs < FAST * this.#targetLatencyMs) {
      this.#currentMs = Math.max(this.#minMs, this.#currentMs * SHRINKAGE);
    }
  }
}
