import type { ResolvedConfig } from './backpressure-config.ts';

/** So long a batch is gathered. */
const GATHERING_MS = 400;
/** A consumer is quick where it answers within this share of the target. */
const QUICK_SHARE = 1 / 2;
/** A large flush that fails, for whatever reason, is not tried again for so long: what it costs is lost many times over by then. */
const MISTRUSTED_FOR_MS = 10 * 60_000;

type GatheringConfig = Pick<ResolvedConfig<never, never>, 'gatheredBatchSize' | 'batchSize' | 'maxBatchSize' | 'targetLatencyMs'>;

/**
 * Whether a batch that could leave waits until it is larger.
 *
 * A flush has a cost of its own, whatever it carries: at two a second it hardly shows, at twenty it is half of the whole
 * (`npm run bench -- --only cpu`). So items are gathered, but only where nobody loses by it: a batch's worth and more
 * comes in all the time, the consumer answers quickly, and nothing else is in flight. One flush at most is large that
 * way; in every kind of trouble batches are what they would be without.
 */
export class Gathering {
  /** The most that a gathered batch carries. */
  readonly maxItems: number;
  readonly #batchSize: number;
  readonly #maxBatchSize: number;
  readonly #quickMs: number;
  #isBusy = false;
  #isQuick = false;
  #lastDispatchAt = -Infinity;
  #mistrustedUntil = -Infinity;

  constructor({ gatheredBatchSize, batchSize, maxBatchSize, targetLatencyMs }: GatheringConfig) {
    this.maxItems = gatheredBatchSize;
    this.#batchSize = batchSize;
    this.#maxBatchSize = maxBatchSize;
    this.#quickMs = targetLatencyMs * QUICK_SHARE;
  }

  get isOn(): boolean {
    return this.#isBusy && this.#isQuick && this.maxItems > this.#maxBatchSize;
  }

  /** How long a batch waits, where `intervalMs` is how long it would otherwise. */
  waitMs(intervalMs: number, maxIntervalMs: number): number {
    return this.isOn ? Math.min(GATHERING_MS, maxIntervalMs) : intervalMs;
  }

  onDispatch(items: number, time: number): void {
    const period = time - this.#lastDispatchAt;
    this.#lastDispatchAt = time;
    this.#isBusy = items * GATHERING_MS >= this.#batchSize * period;
  }

  onDelivered(latencyMs: number, time: number): void {
    this.#isQuick = latencyMs <= this.#quickMs && time >= this.#mistrustedUntil;
  }

  onFailure(items: number, time: number): void {
    this.#isQuick = false;
    if (items > this.#maxBatchSize) this.#mistrustedUntil = time + MISTRUSTED_FOR_MS;
  }
}
