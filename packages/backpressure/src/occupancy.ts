import type { BudgetShare } from './budget-share.ts';

/** How full each bound is, from 0; above 1 if more is held than a bound allows. */
export interface UtilizationBySource {
  readonly items: number;
  readonly bytes: number;
  /** Of the shared budget; `undefined` without one. */
  readonly budget: number | undefined;
  /** The worst pressure source. */
  readonly pressure: number;
}

/** The part of a buffer that tells its shared bytes: those that it keeps in addition to the items. */
export interface SharedMemory {
  readonly sharedBytes?: number | undefined;
}

/**
 * Counts what is held against the bounds: items and bytes queued, in flight and waiting for a retry. Room is released
 * when work settles, not when it is taken. Otherwise, any amount could be in flight to a hung consumer while the buffer
 * looks empty.
 */
export class Occupancy {
  items = 0;
  /** Bytes of the items, and the shared bytes of the buffer. */
  bytes = 0;
  readonly #maxItems: number;
  readonly #maxBytes: number;
  readonly #buffer: SharedMemory;
  readonly #budget: BudgetShare | undefined;
  #sharedBytes = 0;
  #pressureUtilization = 0;
  /**
   * Items and bytes from which the state may rise. Whole numbers, so that the hot path never allocates a number object.
   */
  #itemsToWatch = 0;
  #bytesToWatch = 0;

  constructor(maxItems: number, maxBytes: number, buffer: SharedMemory = {}, budget?: BudgetShare) {
    this.#maxItems = maxItems;
    this.#maxBytes = maxBytes;
    this.#buffer = buffer;
    this.#budget = budget;
  }

  /** Bytes of the items alone. */
  get itemBytes(): number {
    return this.bytes - this.#sharedBytes;
  }

  /** The worst of items, bytes, the share of the budget, and pressure. */
  get utilization(): number {
    const fill = this.fillWith(0, 0);
    return this.#pressureUtilization > fill ? this.#pressureUtilization : fill;
  }

  /** How full the bounds would be with that much more, or less if negative, whatever the pressure. */
  fillWith(items: number, bytes: number): number {
    let fill = (this.items + items) / this.#maxItems;
    const byBytes = (this.bytes + bytes) / this.#maxBytes;
    if (byBytes > fill) fill = byBytes;
    if (this.#budget !== undefined) fill = Math.max(fill, (this.#budget.usedBytes + bytes) / this.#budget.limitBytes);
    return fill;
  }

  get utilizationBySource(): UtilizationBySource {
    return {
      items: this.items / this.#maxItems,
      bytes: this.bytes / this.#maxBytes,
      budget: this.#budget === undefined ? undefined : this.#budget.usedBytes / this.#budget.limitBytes,
      pressure: this.#pressureUtilization,
    };
  }

  /** @param utilization from which the state will rise next; above 1 means never */
  watchFor(utilization: number): void {
    this.#itemsToWatch = wholeUpTo(utilization * this.#maxItems);
    this.#bytesToWatch = wholeUpTo(utilization * this.#maxBytes);
  }

  /** Whether an item that came in may have raised the state. Called for every item. */
  get mayHaveRisen(): boolean {
    return this.items >= this.#itemsToWatch || this.bytes >= this.#bytesToWatch || this.#budget !== undefined;
  }

  /** Whether more is held than the bounds allow. */
  get isOver(): boolean {
    return (
      this.items > this.#maxItems || this.bytes > this.#maxBytes || (this.#budget !== undefined && this.#budget.isOver)
    );
  }

  /**
   * Whether more bytes would be held than the bounds allow, even if items of that many bytes were given up. Shared
   * bytes may go with those items, except the shared bytes that the newest item has brought.
   * @param broughtBytes shared bytes that the newest item has brought
   */
  isOverWithout(bytes: number, broughtBytes: number): boolean {
    const givenUp = bytes + this.#sharedBytes - broughtBytes;
    return (
      this.bytes - givenUp > this.#maxBytes ||
      (this.#budget !== undefined && this.#budget.usedBytes - givenUp > this.#budget.limitBytes)
    );
  }

  /** Whether one more item, of a size not known yet, may be tried. */
  get hasRoom(): boolean {
    return (
      this.items < this.#maxItems &&
      this.bytes < this.#maxBytes &&
      (this.#budget === undefined || this.#budget.usedBytes < this.#budget.limitBytes)
    );
  }

  /** Whether this much more would fit. */
  hasRoomFor(items: number, bytes: number): boolean {
    return (
      this.items + items <= this.#maxItems &&
      this.bytes + bytes <= this.#maxBytes &&
      (this.#budget === undefined || this.#budget.usedBytes + bytes <= this.#budget.limitBytes)
    );
  }

  /** Whether an item is so large that it would not fit even if everything queued were given up. */
  exceedsBounds(bytes: number): boolean {
    return bytes > this.#maxBytes || (this.#budget !== undefined && bytes > this.#budget.mostBytes);
  }

  /** An item has been stored. @returns shared bytes that it has brought */
  add(bytes: number): number {
    this.items += 1;
    return this.#grow(bytes);
  }

  /** Items are now held outside the buffer. */
  addAll(items: number, bytes: number): void {
    this.items += items;
    this.#grow(bytes);
  }

  /** Items are no longer held. */
  remove(items: number, bytes: number): void {
    this.items -= items;
    const less = bytes - this.#sharedChange();
    this.bytes -= less;
    if (less !== 0) this.#budget?.giveBack(less);
  }

  /**
   * Takes back an {@link add} for which there was no room. It frees no room, so waiters for the budget are not told.
   */
  undoAdd(bytes: number): void {
    this.items -= 1;
    const less = bytes - this.#sharedChange();
    this.bytes -= less;
    if (less !== 0) this.#budget?.use(-less);
  }

  /** @param utilization of the worst pressure source */
  setPressure(utilization: number): void {
    this.#pressureUtilization = utilization;
  }

  #grow(bytes: number): number {
    const brought = this.#sharedChange();
    const more = bytes + brought;
    this.bytes += more;
    if (more !== 0) this.#budget?.use(more);
    return brought;
  }

  /** How much the buffer's shared bytes have grown since the last call. */
  #sharedChange(): number {
    const { sharedBytes = 0 } = this.#buffer;
    const change = sharedBytes - this.#sharedBytes;
    this.#sharedBytes = sharedBytes;
    return change;
  }
}

/** A threshold that does not fit a small integer is lowered to this, because checking too often changes nothing. */
const LARGEST_SMALL_INTEGER = 2 ** 30;

function wholeUpTo(value: number): number {
  return Math.min(Math.floor(value), LARGEST_SMALL_INTEGER);
}
