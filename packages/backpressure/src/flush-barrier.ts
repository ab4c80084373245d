/** By how many places the items of a buffer have moved back in the order of departure. */
export class DepartureOrder {
  shift = 0;

  /** A newer item will leave before some that are older. */
  onOvertaken(): void {
    this.shift += 1;
  }

  /** The item that was next in a buffer of one lane was given up. */
  onNextEvicted(): void {
    this.shift -= 1;
  }
}

/**
 * What is left until every item that was accepted before a moment has settled: so many items have to leave the buffer,
 * and the flights that carry them have to end. A buffer does not tell one item from another, so they are counted, and
 * from above: who waits may wait for more than was asked, never for less.
 */
export class FlushBarrier {
  readonly #order: DepartureOrder;
  /** Where the last item waited for stands in the order of departure, or before that, as of `#order.shift`. 0: none is queued. */
  #queued: number;
  #shift: number;
  /** Flights, and batches set aside, that may carry items waited for, and how many at most. */
  readonly #flights = new Map<object, number>();

  /** @param order tells of what changes an item's place for every barrier at once, at no cost for each of them */
  constructor(queued: number, flights: Iterable<{ readonly items: number }>, order: DepartureOrder) {
    this.#order = order;
    this.#queued = queued;
    this.#shift = order.shift;
    for (const flight of flights) this.#flights.set(flight, flight.items);
  }

  /** @param queued items in the buffer, which none of those waited for can be behind */
  isReached(queued: number): boolean {
    return Math.min(this.#place(), queued) === 0 && this.#flights.size === 0;
  }

  /** A batch was set aside after its flight, is sent again, or was split. @param to what carries its items now, all of them together */
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

  onSettled(flight: object): void {
    this.#flights.delete(flight);
  }

  /**
   * @param queued items in the buffer, the flight's included
   * @param oneLane they are in one lane. If not, newer items of a higher one, the flight's or others, may leave first
   */
  onPutBack(flight: object, queued: number, oneLane: boolean): void {
    const waitedFor = this.#place() + (this.#flights.get(flight) ?? 0);
    this.#flights.delete(flight);
    this.#queued = oneLane || waitedFor === 0 ? waitedFor : queued;
  }

  /** Brings the place up to date. Once every item waited for has left the buffer, newer ones cannot come before them. */
  #place(): number {
    if (this.#queued > 0) this.#queued = Math.max(this.#queued + this.#order.shift - this.#shift, 0);
    this.#shift = this.#order.shift;
    return this.#queued;
  }
}
