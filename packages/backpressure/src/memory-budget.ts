/**
 * One limit in bytes for several controllers, so that a process has one figure for all its signals.
 * A controller counts what it holds here as well as against its own bound, and is full when either is.
 */
export class MemoryBudget {
  readonly maxBytes: number;
  #usedBytes = 0;
  readonly #listeners = new Set<() => void>();

  /** @throws RangeError when `maxBytes` is not a number above 0 */
  constructor(maxBytes: number) {
    if (!(maxBytes > 0)) throw new RangeError(`MemoryBudget: maxBytes must be above 0, got ${String(maxBytes)}`);
    this.maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Share of the budget in use; above 1 for the moment between an item's arrival and the decision about it. */
  get utilization(): number {
    return this.#usedBytes / this.maxBytes;
  }

  use(bytes: number): void {
    this.#usedBytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
    for (const listener of this.#listeners) listener();
  }

  /** Calls back whenever bytes are given back, until the returned function is called. */
  onGivenBack(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
