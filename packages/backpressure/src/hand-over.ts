import type { AdaptiveLimits } from './adaptive-limits.ts';
import { type Holdings, isTakenBy } from './holdings.ts';
import type { TakeBatch } from './overflow.ts';

/** Ends everything that is held, except replays: hands it over to a taker that will send it, or gives it up. */
export class HandOver<Item, Batch> {
  readonly #held: Holdings<Item, Batch>;
  readonly #limits: AdaptiveLimits;
  readonly #onRoom: () => void;

  constructor(held: Holdings<Item, Batch>, limits: AdaptiveLimits, onRoom: () => void) {
    this.#held = held;
    this.#limits = limits;
    this.#onRoom = onRoom;
  }

  /**
   * Gives the next held batch to a taker: first batches in flight, whose flushes end without a result, then those set
   * aside, then queued ones. Queued batches are as large as a flush may be, because a process that ends has little time
   * and each batch costs some. Producers that wait are let in as room is made, so their items are handed over too.
   * @returns false if nothing is held any more
   */
  next(take: TakeBatch<Batch>): boolean {
    const { flights, setAside, buffer } = this.#held;
    const [flight] = flights;
    if (flight?.cargo.kind === 'batch') {
      flights.remove(flight);
      this.#give(flight.cargo.batch, flight.items, flight.bytes, take);
      // Last, because aborting calls listeners, and they may look at the counters.
      flight.abort.abort();
      return true;
    }
    const suspect = setAside.first;
    if (suspect !== undefined) {
      setAside.remove(suspect);
      this.#give(suspect.batch, suspect.items, suspect.bytes, take);
      return true;
    }
    if (buffer.size === 0) return false;
    const { items, bytes } = this.#limits.largestBatch;
    const batch = this.#held.take(items, bytes);
    this.#give(batch, buffer.countOf(batch), buffer.bytesOf(batch), take);
    return true;
  }

  /**
   * Gives up everything that is held (counted as `drain_timeout`), and ends every flush in flight without a result.
   * @returns items given up
   */
  giveUpAll(): number {
    const { buffer, occupancy, accounting } = this.#held;
    const flights = [...this.#held.flights];
    let { items, bytes, taken } = this.#held.removeWaiting();
    for (const flight of flights) {
      items += flight.items;
      taken += flight.items;
      bytes += flight.bytes;
      this.#held.flights.remove(flight);
      if (flight.cargo.kind === 'batch') buffer.release(flight.cargo.batch);
    }
    accounting.evict('drain_timeout', items, taken);
    occupancy.remove(items, bytes);
    this.#held.resolveReached();
    // Last, because aborting calls listeners, and they may look at the counters.
    for (const flight of flights) flight.abort.abort();
    return items;
  }

  /** Counts the batch as spilled before giving it, so that the law also holds while the taker looks. */
  #give(batch: Batch, items: number, bytes: number, take: TakeBatch<Batch>): void {
    const { buffer, accounting, occupancy } = this.#held;
    accounting.spill(items);
    const isTaken = isTakenBy(() => take(batch, items, 'end'));
    buffer.release(batch);
    if (!isTaken) accounting.giveUpSpilled('drain_timeout', items);
    occupancy.remove(items, bytes);
    this.#onRoom();
  }
}
