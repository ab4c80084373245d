import type { ResolvedConfig } from './backpressure-config.ts';

/** So long a batch is gathered, but no longer than the longest interval. */
const GATHERING_MS = 400;
/** A consumer is quick where it answers within this share of the target. */
const QUICK_SHARE = 1 / 2;
/** What is gathered must not look like pressure, whose first sign is the low watermark. */
const MOST_UTILIZATION = 1 / 8;
const LOW_WATERMARK_SHARE = 1 / 4;
/** From so many times that a backlog is what waits. */
const BACKLOG = 2;
/** A large flush that fails, for whatever reason, is not tried again for so long: what it costs is lost many times over by then. */
const MISTRUSTED_FOR_MS = 10 * 60_000;

type GatheringConfig = Pick<ResolvedConfig<never, never>, 'gatheredBatchSize' | 'batchSize' | 'maxBatchSize' | 'lowWatermark' | 'maxFlushIntervalMs' | 'targetLatencyMs'>;

/**
 * Whether a batch that could leave waits until it is larger.
 *
 * A flush has a cost of its own, whatever it carries, and in a process that does little else five a second still show. So
 * items are gathered, but only where little is at stake: a batch's worth and more comes in all the time, the consumer
 * answers quickly, there is much room, and nothing else is in flight. One flush at most is large that way; in every kind
 * of trouble batches are what they would be without. See docs/decisions/0010-gathering.md.
 */
export class Gathering {
  /** The most that a gathered batch carries. */
  readonly maxItems: number;
  /** From this utilization on what is there leaves. */
  readonly mostUtilization: number;
  readonly #batchSize: number;
  readonly #maxBatchSize: number;
  readonly #quickMs: number;
  readonly #gatheringMs: number;
  #isBusy = false;
  #isQuick = false;
  #lastDispatchAt = -Infinity;
  #mistrustedUntil = -Infinity;

  constructor({ gatheredBatchSize, batchSize, maxBatchSize, lowWatermark, maxFlushIntervalMs, targetLatencyMs }: GatheringConfig) {
    this.maxItems = gatheredBatchSize;
    this.mostUtilization = Math.min(MOST_UTILIZATION, lowWatermark * LOW_WATERMARK_SHARE);
    this.#batchSize = batchSize;
    this.#maxBatchSize = maxBatchSize;
    this.#quickMs = targetLatencyMs * QUICK_SHARE;
    this.#gatheringMs = Math.min(GATHERING_MS, maxFlushIntervalMs);
  }

  get isOn(): boolean {
    return this.#isBusy && this.#isQuick && this.maxItems > this.#maxBatchSize;
  }

  /** How long a batch waits, where `intervalMs` is how long it would otherwise. */
  waitMs(intervalMs: number): number {
    return this.isOn ? this.#gatheringMs : intervalMs;
  }

  /** Whether so much is held that it was not gathered, but left behind. */
  isBacklog(utilization: number): boolean {
    return utilization >= this.mostUtilization * BACKLOG;
  }

  /** @param utilization with the items of the flush. Where it leaves no room for a large one, to wait would only bring the bounds nearer. */
  onDispatch(items: number, utilization: number, time: number): void {
    const period = time - this.#lastDispatchAt;
    this.#lastDispatchAt = time;
    const hasRoom = utilization < this.mostUtilization || items > this.#maxBatchSize;
    this.#isBusy = hasRoom && items * GATHERING_MS >= this.#batchSize * period;
  }

  onDelivered(latencyMs: number, time: number): void {
    this.#isQuick = latencyMs <= this.#quickMs && time >= this.#mistrustedUntil;
  }

  onFailure(items: number, time: number): void {
    this.#isQuick = false;
    if (items > this.#maxBatchSize) this.#mistrustedUntil = time + MISTRUSTED_FOR_MS;
  }
}
