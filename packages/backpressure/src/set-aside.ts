/** The share of the bound on items, and on bytes, that may be set aside: a whole queue never is. */
const MOST_SHARE = 1 / 8;
/** Each batch keeps the memory around it, so their number is bounded as well. */
const MOST_BATCHES = 32;

/** A batch that failed, kept apart from the others to be tried alone. */
export interface Suspect<Batch> {
  readonly batch: Batch;
  readonly items: number;
  readonly bytes: number;
  /** When the first flush began that failed with its items. */
  readonly since: number;
  /** When its item that has been tried for longest was first taken. */
  readonly firstTakenAt: number;
  /** Failures while others were delivered. With none it is only in doubt: the consumer may have been the reason. */
  readonly strikes: number;
  /** Failures in a row, for its backoff. */
  readonly attempts: number;
  readonly failedAt: number;
  /** When it may be tried again. */
  dueAt: number;
}

/**
 * The batches that are set aside, the one that was tried longest ago first. They are held as any other, and count
 * against the bounds, but are not in the buffer: they do not merge with other items, and cannot be evicted for them.
 */
export class SetAside<Batch> implements Iterable<Suspect<Batch>> {
  readonly #suspects = new Set<Suspect<Batch>>();
  readonly #maxItems: number;
  readonly #maxBytes: number;
  items = 0;
  bytes = 0;

  /** @param maxBufferSize and `maxBufferBytes`: the bounds of the whole */
  constructor(maxBufferSize: number, maxBufferBytes: number) {
    this.#maxItems = Math.max(1, maxBufferSize * MOST_SHARE);
    this.#maxBytes = maxBufferBytes * MOST_SHARE;
  }

  get size(): number {
    return this.#suspects.size;
  }

  get isFull(): boolean {
    return this.#suspects.size >= MOST_BATCHES || this.items >= this.#maxItems || this.bytes >= this.#maxBytes;
  }

  /** When the next of those that are not due yet will be; `Infinity` when there is none. */
  dueAfter(time: number): number {
    let next = Infinity;
    for (const { dueAt } of this.#suspects) if (dueAt > time) next = Math.min(next, dueAt);
    return next;
  }

  [Symbol.iterator](): Iterator<Suspect<Batch>> {
    return this.#suspects.values();
  }

  /** Whether a batch that was not set aside before may be. A single item always finds room where there is nothing else. */
  hasRoomFor(items: number, bytes: number): boolean {
    if (this.#suspects.size === 0 && items === 1) return true;
    return this.#suspects.size < MOST_BATCHES && this.items + items <= this.#maxItems && this.bytes + bytes <= this.#maxBytes;
  }

  add(suspect: Suspect<Batch>): void {
    this.#suspects.add(suspect);
    this.items += suspect.items;
    this.bytes += suspect.bytes;
  }

  remove(suspect: Suspect<Batch>): void {
    if (!this.#suspects.delete(suspect)) return;
    this.items -= suspect.items;
    this.bytes -= suspect.bytes;
  }

  /** One that is due, of those that a test allows. */
  due(time: number, mayTry: (suspect: Suspect<Batch>) => boolean): Suspect<Batch> | undefined {
    for (const suspect of this.#suspects) if (suspect.dueAt <= time && mayTry(suspect)) return suspect;
    return undefined;
  }

  /** The one that was tried longest ago. */
  get first(): Suspect<Batch> | undefined {
    for (const suspect of this.#suspects) return suspect;
    return undefined;
  }

  /** Nobody waits for longer than until a moment. */
  hurry(time: number): void {
    for (const suspect of this.#suspects) suspect.dueAt = Math.min(suspect.dueAt, time);
  }
}
