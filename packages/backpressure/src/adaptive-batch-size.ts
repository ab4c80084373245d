const GROWTH = 2;

/**
 * Each flush has a fixed cost, whatever it carries, and that soon matches the cost of the items. So if more than five a
 * second would leave, they are made fewer and larger.
 */
const SHORTEST_PERIOD_MS = 200;
/**
 * A batch that takes this long to fill is larger than necessary. Far from the other bound, so that sizes do not flap.
 */
const LONGEST_PERIOD_MS = 1_000;

/**
 * The learned limit of the consumer is forgotten after this: it may have been a proxy's bad moment, and asking again
 * costs one request.
 */
const LEARNED_FOR_MS = 10 * 60_000;

/**
 * How much one flush may carry. It starts at the configured batch size. It grows towards `maxItems` while flushes
 * follow each other closely, or while every allowed flush is in flight and more than two batches wait. It shrinks back
 * when items come slowly, and while flushes fail. Until the learned limit is forgotten, it does not exceed half of what
 * the consumer called too large.
 */
export class AdaptiveBatchSize {
  readonly #baseItems: number;
  readonly #maxItems: number;
  readonly #baseBytes: number;
  #learnedAt = Infinity;
  #ceilingItems: number;
  #items: number;
  #bytes: number;
  #lastDispatchAt = -Infinity;
  #isFailing = false;

  constructor(baseItems: number, maxItems: number, baseBytes: number) {
    this.#baseItems = baseItems;
    this.#maxItems = maxItems;
    this.#baseBytes = baseBytes;
    this.#ceilingItems = maxItems;
    this.#items = baseItems;
    this.#bytes = baseBytes;
  }

  get items(): number {
    return this.#items;
  }

  /** The largest size that it may reach, as far as is known about the consumer. */
  get mostItems(): number {
    return this.#ceilingItems;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * @param queued items left behind
   * @param saturated whether every allowed flush is in flight
   */
  onDispatch(queued: number, saturated: boolean, time: number): void {
    const period = time - this.#lastDispatchAt;
    this.#lastDispatchAt = time;
    if (time - this.#learnedAt > LEARNED_FOR_MS) this.forget();
    if (period < SHORTEST_PERIOD_MS || (saturated && queued > 2 * this.#items)) {
      if (!this.#isFailing) this.#items = Math.min(this.#items * GROWTH, this.#ceilingItems);
    } else if (period > LONGEST_PERIOD_MS && queued < this.#items) {
      this.#shrink();
    }
  }

  /**
   * A flush failed, for now. Its size may be the reason, even if the consumer cannot say so: its own queue may have no
   * room for a batch of that size, or there may be too little time to send it. Only growth made batches that large, so
   * the size shrinks step by step.
   */
  onFailure(): void {
    this.#isFailing = true;
    this.#shrink();
  }

  onDelivered(): void {
    this.#isFailing = false;
  }

  /**
   * A consumer limits bytes, so bytes are halved if the buffer counts them, and items only if it does not.
   * @returns false for a single item, which cannot be made smaller
   */
  onTooLarge(items: number, bytes: number, time: number): boolean {
    if (items <= 1) return false;
    this.#learnedAt = time;
    // One byte has no half: the same batch would come again and again.
    if (bytes > 1) {
      this.#bytes = Math.min(this.#bytes, Math.ceil(bytes / 2));
    } else {
      this.#ceilingItems = Math.min(this.#ceilingItems, Math.ceil(items / 2));
      this.#items = Math.min(this.#items, this.#ceilingItems);
    }
    return true;
  }

  /** Forgets which size was too large. */
  forget(): void {
    this.#learnedAt = Infinity;
    this.#ceilingItems = this.#maxItems;
    this.#bytes = this.#baseBytes;
  }

  #shrink(): void {
    this.#items = Math.max(Math.floor(this.#items / GROWTH), Math.min(this.#baseItems, this.#ceilingItems));
  }
}
