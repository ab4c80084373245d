/** By how many places the items of a buffer have moved back in the order of departure. */
export class DepartureOrder {
  shift = 0;

  /** A newer item will leave before some older ones. */
  onOvertaken(): void {
    this.shift += 1;
  }

  /** The next item of a buffer with a single lane was given up. */
  onNextEvicted(): void {
    this.shift -= 1;
  }
}

/**
 * Tracks what is left until every item that was accepted before a moment has settled: how many items must still leave
 * the buffer, and which flights that carry them must still end. A buffer cannot tell one item from another, so they are
 * counted, and the count is an upper bound: a caller may wait for more items than it asked for, but never for fewer.
 */
export class FlushBarrier {
  readonly #order: DepartureOrder;
  /**
   * The last awaited item has this place in the order of departure, or an earlier one, as of `#shift`. 0: none is
   * queued.
   */
  #queued: number;
  #shift: number;
  /** The flights and batches set aside that may carry awaited items, and how many each carries at most. */
  readonly #flights = new Map<object, number>();

  /** @param order tracks changes of an item's place for all barriers at once, at no cost per barrier */
  constructor(queued: number, flights: Iterable<{ readonly items: number }>, order: DepartureOrder) {
    this.#order = order;
    this.#queued = queued;
    this.#shift = order.shift;
    for (const flight of flights) this.#flights.set(flight, flight.items);
  }

  /** @param queued items in the buffer. No awaited item can have a later place than that */
  isReached(queued: number): boolean {
    return Math.min(this.#place(), queued) === 0 && this.#flights.size === 0;
  }

  /**
   * A batch was set aside after its flight, is sent again, or was split.
   * @param to the carriers that now have all of its items
   */
  onMoved(from: object, to: readonly { readonly items: number }[]): void {
    const items = this.#flights.get(from);
    if (items === undefined) return;
    this.#flights.delete(from);
    for (const part of to) this.#flights.set(part, Math.min(items, part.items));
  }

  onStart(flight: { readonly items: number }): void {
    const place = this.#place();
    const items = Math.min(flight.items, place);
    if (items === 0) return;
    this.#queued = place - items;
    this.#flights.set(flight, items);
  }

  onQueueEmptied(): void {
    this.#queued = 0;
  }

  onSettled(flight: object): void {
    this.#flights.delete(flight);
  }

  /**
   * @param queued items in the buffer, including those of the flight
   * @param oneLane whether all are in one lane. If not, newer items of a higher lane, of this flight or others, may
   *   leave first
   */
  onPutBack(flight: object, queued: number, oneLane: boolean): void {
    const waitedFor = this.#place() + (this.#flights.get(flight) ?? 0);
    this.#flights.delete(flight);
    this.#queued = oneLane || waitedFor === 0 ? waitedFor : queued;
  }

  /** Brings the place up to date. Once every awaited item has left the buffer, newer ones cannot get ahead of them. */
  #place(): number {
    if (this.#queued > 0) this.#queued = Math.max(this.#queued + this.#order.shift - this.#shift, 0);
    this.#shift = this.#order.shift;
    return this.#queued;
  }
}
