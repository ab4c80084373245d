const FIRST_SLOTS = 16;

/**
 * A first-in first-out buffer of at most `capacity` items. Every operation on one item is O(1). Memory grows with the
 * number of items, by doubling, and a slot forgets its item when the item leaves.
 *
 * ```
 *  slots   . . 3 4 5 6 . .        a ring: index = (head + i) & mask
 *              ^head   ^head + size
 * ```
 */
export class BoundedBuffer<T> {
  readonly capacity: number;
  #slots: (T | undefined)[];
  #head = 0;
  #size = 0;

  /**
   * @param capacity items, at least 1; `Infinity` leaves the bound to the caller
   * @throws RangeError when the capacity is not a whole number above 0
   */
  constructor(capacity: number) {
    if (!(capacity >= 1) || (capacity !== Infinity && !Number.isSafeInteger(capacity))) {
      throw new RangeError(`BoundedBuffer: capacity must be a whole number of at least 1, got ${String(capacity)}`);
    }
    this.capacity = capacity;
    this.#slots = emptySlots<T>(FIRST_SLOTS);
  }

  get size(): number {
    return this.#size;
  }

  /** Share of the capacity in use, 0 to 1. */
  get utilization(): number {
    return this.#size / this.capacity;
  }

  isFull(): boolean {
    return this.#size >= this.capacity;
  }

  isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Adds an item at the end. @returns false if the buffer is full, which is then left unchanged */
  push(item: T): boolean {
    if (this.#size >= this.capacity) return false;
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = item;
    this.#size += 1;
    return true;
  }

  /** Adds an item at the end, first removing the oldest when the buffer is full. @returns the item removed, or null */
  pushWithEviction(item: T): T | null {
    const evicted = this.isFull() ? (this.shift() as T) : null;
    this.push(item);
    return evicted;
  }

  /** Removes up to `count` of the oldest items, oldest first. A count that is not above 0 takes none. */
  take(count: number): T[] {
    const length = Math.min(Math.max(Math.floor(count) || 0, 0), this.#size);
    const items = new Array<T>(length);
    for (let index = 0; index < length; index += 1) items[index] = this.shift() as T;
    return items;
  }

  /** Removes everything, oldest first. */
  clear(): T[] {
    const items = this.take(this.#size);
    this.#slots = emptySlots<T>(FIRST_SLOTS);
    this.#head = 0;
    return items;
  }

  /** The oldest item, left in place. */
  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#slots[this.#head];
  }

  /** Removes the oldest item. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#size -= 1;
    return item;
  }

  /** Removes the newest item. */
  pop(): T | undefined {
    if (this.#size === 0) return undefined;
    this.#size -= 1;
    const index = (this.#head + this.#size) & (this.#slots.length - 1);
    const item = this.#slots[index];
    this.#slots[index] = undefined;
    return item;
  }

  /** Doubling keeps the number of slots a power of two, so that `& (length - 1)` gives the remainder. */
  #grow(): void {
    const old = this.#slots;
    const slots = emptySlots<T>(old.length * 2);
    for (let index = 0; index < this.#size; index += 1) {
      slots[index] = old[(this.#head + index) & (old.length - 1)];
    }
    this.#slots = slots;
    this.#head = 0;
  }
}

/** Filled rather than sparse: V8 keeps a filled array packed, and a packed one is read without looking for holes. */
function emptySlots<T>(length: number): (T | undefined)[] {
  return new Array<T | undefined>(length).fill(undefined);
}
