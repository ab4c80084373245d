const GROWTH = 2;

/**
 * A flush has a cost of its own, whatever it carries, which soon is as much as that of the items. More than five a second
 * are therefore made fewer and larger.
 */
const SHORTEST_PERIOD_MS = 200;
/** A batch that takes this long to fill is larger than it need be. Far from the other bound, so that sizes do not flap. */
const LONGEST_PERIOD_MS = 1_000;

/**
 * What was learned of the consumer's limit is forgotten after this: it may have been a proxy's bad moment, and to ask
 * again costs one request.
 */
const LEARNED_FOR_MS = 10 * 60_000;

/**
 * How much one flush may carry. It starts at the batch size asked for; grows towards `maxItems` while flushes follow
 * each other closely, or every flush allowed is in flight and more than two batches wait; shrinks back when items come
 * slowly, and while flushes fail; and never again exceeds half of what the consumer called too large.
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

  /** The most that it may come to, as far as is known of the consumer. */
  get mostItems(): number {
    return this.#ceilingItems;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * @param queued items left behind
   * @param saturated every flush that may be in flight is
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
   * A flush failed, for now. It may be for its size, which a consumer cannot always say: its own queue takes no batch of that size at
   * once, or the time does not suffice to send it. As it came to be large by growth alone, it is given up step by step.
   */
  onFailure(): void {
    this.#isFailing = true;
    this.#shrink();
  }

  onDelivered(): void {
    this.#isFailing = false;
  }

  /**
   * A consumer limits bytes, so bytes are halved where the buffer counts them, and items only where it does not.
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

  /** What was too large is not known to be any more: what was refused was refused whatever its size. */
  forget(): void {
    this.#learnedAt = Infinity;
    this.#ceilingItems = this.#maxItems;
    this.#bytes = this.#baseBytes;
  }

  #shrink(): void {
    this.#items = Math.max(Math.floor(this.#items / GROWTH), Math.min(this.#baseItems, this.#ceilingItems));
  }
}
