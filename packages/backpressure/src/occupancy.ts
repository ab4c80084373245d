import type { MemoryBudget } from './memory-budget.ts';

/** Anything that presses on the process: memory, the event loop. 0 is no pressure, 1 is the limit. */
export interface PressureSource {
  utilization(): number;
}

/**
 * What is held against the bounds: items and bytes queued, in flight and waiting for a retry. Room is released when
 * work settles, not when it is taken; otherwise a hung consumer would hold any amount beside an "empty" buffer.
 */
export class Occupancy {
  items = 0;
  bytes = 0;
  readonly #maxItems: number;
  readonly #maxBytes: number;
  readonly #budget: MemoryBudget | undefined;
  readonly #pressure: readonly PressureSource[];
  #pressureUtilization = 0;
  /** Items and bytes from which the state may rise. Whole numbers, so that the hot path never makes a number object. */
  #itemsToWatch = 0;
  #bytesToWatch = 0;

  constructor(maxItems: number, maxBytes: number, budget?: MemoryBudget, pressure: readonly PressureSource[] = []) {
    this.#maxItems = maxItems;
    this.#maxBytes = maxBytes;
    this.#budget = budget;
    this.#pressure = pressure;
  }

  /** The worst of items, bytes, the shared budget and every pressure source. */
  get utilization(): number {
    let utilization = this.items / this.#maxItems;
    const byBytes = this.bytes / this.#maxBytes;
    if (byBytes > utilization) utilization = byBytes;
    if (this.#budget !== undefined && this.#budget.utilization > utilization) utilization = this.#budget.utilization;
    return this.#pressureUtilization > utilization ? this.#pressureUtilization : utilization;
  }

  /** @param utilization from which the state will rise next; above 1 for never */
  watchFor(utilization: number): void {
    this.#itemsToWatch = wholeUpTo(utilization * this.#maxItems);
    this.#bytesToWatch = wholeUpTo(utilization * this.#maxBytes);
  }

  /** Whether an item that came in may have raised the state. Asked for every item. */
  get mayHaveRisen(): boolean {
    return (
      this.items >= this.#itemsToWatch ||
      this.bytes >= this.#bytesToWatch ||
      this.#budget !== undefined
    );
  }

  /** More is held than the bounds allow. */
  get isOver(): boolean {
    return (
      this.items > this.#maxItems ||
      this.bytes > this.#maxBytes ||
      (this.#budget !== undefined && this.#budget.usedBytes > this.#budget.maxBytes)
    );
  }

  /** More bytes would be held than the bounds allow even if so many of them were given up. */
  isOverWithout(bytes: number): boolean {
    return this.bytes - bytes > this.#maxBytes || (this.#budget !== undefined && this.#budget.usedBytes - bytes > this.#budget.maxBytes);
  }

  /** Whether one more item, of a size not known yet, may be tried. */
  get hasRoom(): boolean {
    return (
      this.items < this.#maxItems &&
      this.bytes < this.#maxBytes &&
      (this.#budget === undefined || this.#budget.usedBytes < this.#budget.maxBytes)
    );
  }

  /** An item this large would not fit even if everything queued were given up. */
  exceedsBounds(bytes: number): boolean {
    return bytes > this.#maxBytes || (this.#budget !== undefined && bytes > this.#budget.maxBytes);
  }

  add(bytes: number): void {
    this.items += 1;
    this.bytes += bytes;
    if (bytes !== 0) this.#budget?.use(bytes);
  }

  remove(items: number, bytes: number): void {
    this.items -= items;
    this.bytes -= bytes;
    if (bytes !== 0) this.#budget?.giveBack(bytes);
  }

  /** Takes back an {@link add} for which there was no room. It frees nothing, so nobody who waits for the budget is told. */
  undoAdd(bytes: number): void {
    this.items -= 1;
    this.bytes -= bytes;
    if (bytes !== 0) this.#budget?.use(-bytes);
  }

  /** Sources are asked from a timer and not for each item: reading the heap costs more than storing a span. */
  readPressure(): void {
    let worst = 0;
    for (const source of this.#pressure) {
      const utilization = readUtilization(source);
      if (utilization > worst) worst = utilization;
    }
    this.#pressureUtilization = worst;
  }
}

/** What does not fit a small integer is watched for from there on: asking once too often changes nothing. */
const LARGEST_SMALL_INTEGER = 2 ** 30;

function wholeUpTo(value: number): number {
  return Math.min(Math.floor(value), LARGEST_SMALL_INTEGER);
}

/** A source is somebody else's code: what it throws, or a number that is none, is no pressure. */
function readUtilization(source: PressureSource): number {
  try {
    const utilization = source.utilization();
    return Number.isFinite(utilization) ? utilization : 0;
  } catch {
    return 0;
  }
}
