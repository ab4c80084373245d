import type { ResolvedConfig } from './resolved-config.ts';

/** A batch is gathered for this long, but no longer than the longest interval. */
const GATHERING_MS = 400;
/** A consumer is quick if it answers within this share of the target. */
const QUICK_SHARE = 1 / 2;
/** Gathered items must not look like pressure, so they stay well below the low watermark. */
const MOST_UTILIZATION = 1 / 8;
const LOW_WATERMARK_SHARE = 1 / 4;
/** A queue this many times above the gathering limit is a backlog: send it at the normal batch size. */
const BACKLOG = 2;
/**
 * After a large flush has failed, for whatever reason, none is tried for this long, so that such failures cost little.
 */
const MISTRUSTED_FOR_MS = 10 * 60_000;

type GatheringConfig = Pick<
  ResolvedConfig<never, never>,
  'gatheredBatchSize' | 'batchSize' | 'maxBatchSize' | 'lowWatermark' | 'maxFlushIntervalMs' | 'targetLatencyMs'
>;

/**
 * Decides whether a batch that could leave waits until it is larger.
 *
 * Each flush has a fixed cost, whatever it carries, and in a process that does little else, even five flushes a second
 * are noticeable. So items are gathered, but only if little is at stake: at least a batch of items comes in all the
 * time, the consumer answers quickly, there is plenty of room, and nothing else is in flight. So at most one flush is
 * that large, and in any kind of trouble batches have their usual size. See docs/decisions/0010-gathering.md.
 */
export class Gathering {
  /** The most items that a gathered batch carries. */
  readonly maxItems: number;
  /** From this utilization on, the batch leaves. */
  readonly mostUtilization: number;
  readonly #batchSize: number;
  readonly #maxBatchSize: number;
  readonly #quickMs: number;
  readonly #gatheringMs: number;
  #isBusy = false;
  #isQuick = false;
  #lastDispatchAt = -Infinity;
  #mistrustedUntil = -Infinity;

  constructor({
    gatheredBatchSize,
    batchSize,
    maxBatchSize,
    lowWatermark,
    maxFlushIntervalMs,
    targetLatencyMs,
  }: GatheringConfig) {
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

  /** How long a batch waits. @param intervalMs how long it waits if items are not gathered */
  waitMs(intervalMs: number): number {
    return this.isOn ? this.#gatheringMs : intervalMs;
  }

  /** Whether the held items are a backlog, and were not gathered. */
  isBacklog(utilization: number): boolean {
    return utilization >= this.mostUtilization * BACKLOG;
  }

  /**
   * @param utilization including the items of the flush. If it leaves no room for a large batch, waiting would only
   *   fill the buffer
   */
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
