import { AdaptiveBatchSize } from './adaptive-batch-size.ts';
import { AdaptiveConcurrency, type ConcurrencyTicket, type PressureKind } from './adaptive-concurrency.ts';
import { AdaptiveInterval } from './adaptive-interval.ts';
import type { ResolvedConfig } from './resolved-config.ts';
import type { Evidence } from './evidence.ts';
import type { Flight, Flights } from './flights.ts';
import type { FlushGate } from './flush-gate.ts';
import { Gathering } from './gathering.ts';
import type { Occupancy } from './occupancy.ts';
import { type Load, PROBE_ITEMS, SendWindow } from './send-window.ts';

/**
 * Slow start begins here. A consumer that serves one flush at a time takes the others a moment later, and a distant one
 * is not left idle.
 */
const FIRST_CONCURRENCY = 4;

/** What a failed flush says about the limits. */
export interface FailureSigns {
  readonly kind: PressureKind;
  /** Whether the batch may be the reason, instead of the consumer. */
  readonly mayBeBatch: boolean;
  /** Whether others were delivered meanwhile. */
  readonly takesOthers: boolean;
  /**
   * `batch`: as far as is known, the batch is the reason. `round`: the first failure of its round. `same round`: a
   * later one.
   */
  readonly news: 'batch' | 'round' | 'same round';
  /** Whether no answer was received at all. */
  readonly isUnreachable: boolean;
}

type LimitsConfig = Pick<
  ResolvedConfig<never, never>,
  | 'batchSize'
  | 'maxBatchSize'
  | 'batchBytes'
  | 'gatheredBatchSize'
  | 'maxConcurrentFlushes'
  | 'lowWatermark'
  | 'minFlushIntervalMs'
  | 'maxFlushIntervalMs'
  | 'targetLatencyMs'
>;

/**
 * How much may be sent, and how often: everything that adapts to the consumer. It is told once that a flush starts, and
 * once how it ended.
 */
export class AdaptiveLimits {
  readonly #config: LimitsConfig;
  readonly #occupancy: Occupancy;
  readonly #flights: Flights<unknown>;
  readonly #gate: FlushGate;
  readonly #evidence: Evidence;
  readonly #interval: AdaptiveInterval;
  readonly #batchSize: AdaptiveBatchSize;
  readonly #gathering: Gathering;
  readonly #concurrency: AdaptiveConcurrency;
  readonly #window: SendWindow;
  /**
   * The size of a full batch, cached because it is read for each item. Only flushes change it, and a turn follows each
   * of them.
   */
  #full: Load;

  constructor(
    config: LimitsConfig,
    occupancy: Occupancy,
    flights: Flights<unknown>,
    gate: FlushGate,
    evidence: Evidence,
  ) {
    this.#config = config;
    this.#occupancy = occupancy;
    this.#flights = flights;
    this.#gate = gate;
    this.#evidence = evidence;
    this.#interval = new AdaptiveInterval(config.minFlushIntervalMs, config.maxFlushIntervalMs, config.targetLatencyMs);
    this.#batchSize = new AdaptiveBatchSize(config.batchSize, config.maxBatchSize, config.batchBytes);
    this.#gathering = new Gathering(config);
    this.#concurrency = new AdaptiveConcurrency({ max: config.maxConcurrentFlushes, initial: FIRST_CONCURRENCY });
    this.#full = { items: config.batchSize, bytes: config.batchBytes };
    const { gatheredBatchSize, batchBytes, maxConcurrentFlushes } = config;
    this.#window = new SendWindow(
      { items: gatheredBatchSize * maxConcurrentFlushes, bytes: batchBytes * maxConcurrentFlushes },
      maxConcurrentFlushes > 1,
    );
  }

  /** How long a batch that is not full waits. */
  get flushIntervalMs(): number {
    return this.#gathering.waitMs(this.#interval.currentMs);
  }

  /** Items that the next flush may carry. */
  get batchItems(): number {
    return Math.min(this.#usualItems, this.isProbing ? PROBE_ITEMS : Infinity);
  }

  /** Bytes that the next flush may carry. */
  get batchBytes(): number {
    return Math.min(this.#batchSize.bytes, this.#window.bytesOfFlush);
  }

  /** The largest batch that the consumer takes as far as is known, whatever its state at present. */
  get largestBatch(): Load {
    return { items: this.#batchSize.mostItems, bytes: this.#batchSize.bytes };
  }

  /** Flushes that may be in flight now. */
  get concurrency(): number {
    return Math.min(this.#concurrency.limit, this.#gate.maxInFlight, this.#window.flushesOf(this.#expectedBatch));
  }

  /** Nothing gets through at present. Flushes only find out whether the consumer is back, so they are small. */
  get isProbing(): boolean {
    return this.#evidence.isInDoubt || this.#window.isCollapsed || this.#gate.circuit !== 'closed';
  }

  /** Flushes are smaller than usual, because one has timed out. */
  get isReduced(): boolean {
    return !this.#window.isOpen;
  }

  /** Whether a batch of that size is more than may be sent now. A single item never is. */
  exceedsFlush({ items, bytes }: Load): boolean {
    return items > 1 && (items > this.batchItems || bytes > this.#window.bytesOfFlush);
  }

  /** Whether the queued items make a batch that leaves immediately. This is in the hot path. */
  isFullBatch(queuedItems: number, queuedBytes: number): boolean {
    if (queuedBytes >= this.#full.bytes) return true;
    if (queuedItems < this.#full.items) return false;
    return (
      !this.#mayGather ||
      queuedItems >= this.#gathering.maxItems ||
      this.#occupancy.utilization >= this.#gathering.mostUtilization
    );
  }

  /** A turn begins: brings the size of a full batch up to date. */
  onTurn(): void {
    this.#full = { items: Math.min(this.#batchSize.items, this.#window.itemsOfFlush), bytes: this.batchBytes };
  }

  /**
   * A flush starts. It is not among the flights yet.
   * @param queued items that stay in the buffer; `undefined` if the batch does not come from there
   */
  onStarted(items: number, queued: number | undefined, time: number): ConcurrencyTicket {
    const inFlight = this.#flights.size + 1;
    if (queued !== undefined) {
      this.#batchSize.onDispatch(queued, inFlight >= this.#config.maxConcurrentFlushes, time);
      this.#gathering.onDispatch(items, this.#occupancy.utilization, time);
    }
    return this.#concurrency.onStart(inFlight - this.#flights.alone, time);
  }

  /** @param rejected items of the batch that the consumer rejected for good */
  onDelivered(
    { items, bytes, isAlone, ticket }: Flight<unknown>,
    rejected: number,
    latencyMs: number,
    time: number,
  ): void {
    if (rejected === 0) this.#gathering.onDelivered(latencyMs, time);
    else if (!isAlone) this.#gathering.onFailure(items, time);
    // The consumer called batches too large whatever their size, so the learned size means nothing.
    if (this.#evidence.refusesEverything) this.#batchSize.forget();
    this.#window.onDelivered(items, bytes, latencyMs);
    this.#interval.onLatency(latencyMs);
    if (!isAlone) this.#concurrency.onSuccess(ticket, time);
    this.#batchSize.onDelivered();
  }

  /** The consumer rejected a flush for good. */
  onRefused({ items, isAlone }: Flight<unknown>, time: number): void {
    if (!isAlone) this.#gathering.onFailure(items, time);
  }

  /** @returns whether a smaller batch can be sent instead: not if it is a single item */
  onTooLarge({ items, bytes, isAlone }: Flight<unknown>, time: number): boolean {
    if (!isAlone) this.#gathering.onFailure(items, time);
    return this.#batchSize.onTooLarge(items, bytes, time);
  }

  /** A flush failed, for now. A batch that is tried alone says nothing about the limits. */
  onFailed(
    { items, isAlone, load, startedAt, ticket }: Flight<unknown>,
    signs: FailureSigns,
    latencyMs: number,
    time: number,
  ): void {
    const { kind, mayBeBatch, takesOthers, news, isUnreachable } = signs;
    if (!isAlone) this.#gathering.onFailure(items, time);
    // Even if the batch is the reason, the load may have contributed to its time-out.
    if (news === 'round' || (news === 'batch' && kind === 'timeout' && !isAlone))
      this.#concurrency.onPressure(kind, ticket);
    if (news === 'round' && !isUnreachable) this.#batchSize.onFailure();
    if (isAlone || !mayBeBatch) return;
    // The size of the flush may be why it fails: that is assumed if it times out, or if nothing else gets through.
    if (kind === 'timeout') this.#window.reduce(load, startedAt, takesOthers, latencyMs, time);
    else if (kind === 'failure' && !takesOthers && this.#evidence.isInDoubt)
      this.#window.reduce(load, startedAt, false, Infinity, time);
  }

  /** The consumer is back after an outage. */
  onOutageOver(): void {
    this.#concurrency.onOutageOver();
  }

  /** A full batch of items like those held. */
  get #expectedBatch(): Load {
    const items = this.#usualItems;
    return {
      items,
      bytes: Math.min(this.#batchSize.bytes, (this.#occupancy.bytes / Math.max(this.#occupancy.items, 1)) * items),
    };
  }

  get #usualItems(): number {
    if (!this.#window.isOpen) return Math.min(this.#batchSize.items, this.#config.batchSize, this.#window.itemsOfFlush);
    return this.#mayGather && !this.#gathering.isBacklog(this.#occupancy.utilization)
      ? this.#gathering.maxItems
      : this.#batchSize.items;
  }

  /** Whether items may be gathered. Not if the consumer has called a batch of the usual size too large. */
  get #mayGather(): boolean {
    return (
      this.#gathering.isOn &&
      this.#flights.size === 0 &&
      this.#window.isOpen &&
      this.#batchSize.mostItems >= this.#config.maxBatchSize
    );
  }
}
