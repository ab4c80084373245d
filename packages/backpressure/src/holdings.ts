import type { Accounting } from './accounting.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import type { DropReason } from './drop-reason.ts';
import type { Flight, Flights } from './flights.ts';
import type { Occupancy } from './occupancy.ts';
import type { Replay } from './replay.ts';
import type { SetAside } from './set-aside.ts';
import type { Suspect } from './suspect.ts';
import type { WaiterLimits, Waiters } from './waiters.ts';

/**
 * What a caller waits for: the items that were let in so far; the same, and the replays in flight; or everything, also what
 * comes in later.
 */
export type SettlingScope = 'accepted-so-far' | 'held-so-far' | 'everything';

/**
 * Everything that is held: queued, set aside, and in flight. Each method is one way for a batch to move, and tells the
 * accounting, the bounds and the waiters, so that none of them can be forgotten.
 */
export class Holdings<Item, Batch> {
  readonly buffer: BatchBuffer<Item, Batch>;
  readonly setAside: SetAside<Item, Batch>;
  readonly flights: Flights<Batch>;
  readonly waiters: Waiters;
  readonly occupancy: Occupancy;
  readonly accounting: Accounting;

  constructor(
    buffer: BatchBuffer<Item, Batch>,
    setAside: SetAside<Item, Batch>,
    flights: Flights<Batch>,
    waiters: Waiters,
    occupancy: Occupancy,
    accounting: Accounting,
  ) {
    this.buffer = buffer;
    this.setAside = setAside;
    this.flights = flights;
    this.waiters = waiters;
    this.occupancy = occupancy;
    this.accounting = accounting;
  }

  get isIdle(): boolean {
    return this.buffer.size === 0 && this.flights.size === 0 && this.setAside.size === 0;
  }

  /** Whether a caller that waits for that has nothing to wait for. */
  isSettled(scope: SettlingScope): boolean {
    if (this.isIdle) return true;
    const { flights, setAside } = this;
    return (
      scope === 'accepted-so-far' &&
      this.buffer.size === 0 &&
      setAside.size === 0 &&
      flights.size === flights.replays.flushes
    );
  }

  /** Resolves with true when everything has settled, or with false if that takes too long. */
  whenSettled(scope: SettlingScope, limits: WaiterLimits): Promise<boolean> {
    const { buffer, flights, setAside, waiters } = this;
    if (scope === 'everything') return waiters.waitForNothing(limits);
    const flying = scope === 'held-so-far' ? flights : flights.ofBatches();
    return waiters.waitForHeld(buffer.size, [...flying, ...setAside], limits);
  }

  /**
   * When the oldest held item came in or, if it has left the buffer, was first taken, on the clock of `now()`.
   * `undefined` if nothing is held, or if the buffer does not know. O(flights and batches set aside)
   */
  get oldestSince(): number | undefined {
    const { buffer } = this;
    if (buffer.size > 0 && buffer.oldestQueuedAt === undefined) return undefined;
    let oldest = buffer.oldestQueuedAt ?? Infinity;
    for (const { firstTakenAt } of this.setAside) oldest = Math.min(oldest, firstTakenAt);
    for (const { cargo, startedAt } of this.flights)
      oldest = Math.min(oldest, cargo.kind === 'batch' ? buffer.firstTakenAt(cargo.batch) : startedAt);
    return oldest === Infinity ? undefined : oldest;
  }

  get queuedBytes(): number {
    return this.occupancy.itemBytes - this.flights.bytes - this.setAside.bytes;
  }

  /** Takes queued items, to be sent or spilled. */
  take(maxItems: number, maxBytes: number): Batch {
    const { buffer, accounting } = this;
    const returned = buffer.returnedSize ?? 0;
    const batch = buffer.take(maxItems, maxBytes);
    accounting.take(buffer.countOf(batch) - (returned - (buffer.returnedSize ?? 0)));
    return batch;
  }

  /** A batch goes back to its place in the order, to be sent again. A replay goes back to the overflow. */
  putBack(flight: Flight<Batch>): void {
    if (flight.cargo.kind === 'replay') return this.keepReplay(flight);
    this.#queueAgain(flight, flight.cargo.batch);
    this.accounting.retry(flight.items);
  }

  /** The consumer took a batch. @param rejected items of it that it rejected for good */
  deliver(flight: Flight<Batch>, rejected: number): void {
    this.#release(flight);
    this.accounting.deliver(flight.items - rejected);
    this.accounting.fail('rejected', rejected);
    this.occupancy.remove(flight.items, flight.bytes);
  }

  /** A batch that was in flight has failed for good. */
  fail(flight: Flight<Batch>, reason: DropReason): void {
    this.#release(flight);
    // Counted before room is released, because that may call listeners, and they may look at the counters.
    this.accounting.fail(reason, flight.items);
    this.occupancy.remove(flight.items, flight.bytes);
  }

  /**
   * Gives a batch that was taken from the buffer to a taker. It counts as spilled before that, so that the law also
   * holds while the taker looks.
   * @returns whether it was taken. If not, it is queued as before
   */
  spill(batch: Batch, take: (batch: Batch, items: number) => boolean): boolean {
    const items = this.buffer.countOf(batch);
    const bytes = this.buffer.bytesOf(batch);
    const carrier = { items };
    this.waiters.onStart(carrier);
    this.accounting.spill(items);
    const isTaken = isTakenBy(() => take(batch, items));
    if (isTaken) {
      this.buffer.release(batch);
      this.waiters.onSettled(carrier);
      this.occupancy.remove(items, bytes);
    } else {
      this.accounting.unspill(items);
      this.#queueAgain(carrier, batch);
    }
    return isTaken;
  }

  /** A replay is in flight now. */
  readmit({ items, bytes }: Replay): void {
    this.accounting.unspill(items);
    this.occupancy.addAll(items, bytes);
  }

  /** A replay that was in flight stays with the overflow. */
  keepReplay(flight: Flight<Batch>): void {
    this.accounting.spill(flight.items);
    this.waiters.onSettled(flight);
    this.occupancy.remove(flight.items, flight.bytes);
  }

  /** Gives up the items that were first taken before a moment. @returns whether there were any */
  expire(before: number): boolean {
    this.returnSetAside((suspect) => suspect.firstTakenAt < before);
    const { items, bytes } = this.buffer.evictTakenBefore(before);
    if (items === 0) return false;
    this.accounting.fail('expired', items);
    this.occupancy.remove(items, bytes);
    return true;
  }

  /** Batches that were set aside are queued again, because only the buffer knows the items in them. Default: all. */
  returnSetAside(isMeant: (suspect: Suspect<Batch>) => boolean = () => true): void {
    for (const suspect of [...this.setAside]) {
      if (!isMeant(suspect)) continue;
      this.setAside.remove(suspect);
      this.buffer.putBack(suspect.batch);
      this.waiters.onPutBack(suspect, this.buffer.size, false);
    }
  }

  /**
   * Gives up everything that waits, queued or set aside. Flights are not touched: a batch that fails is queued again.
   * @returns items given up
   */
  supersede(): number {
    const { items, bytes, taken } = this.removeWaiting();
    if (items === 0) return 0;
    this.accounting.evict('superseded', items, taken);
    this.occupancy.remove(items, bytes);
    return items;
  }

  /**
   * Everything that waits, queued or set aside, leaves the buffer. The caller counts it.
   * @returns how much it was, and how many of the items had been taken before
   */
  removeWaiting(): { readonly items: number; readonly bytes: number; readonly taken: number } {
    let { items, bytes } = this.setAside;
    const taken = items + (this.buffer.returnedSize ?? 0);
    for (const suspect of [...this.setAside]) {
      this.setAside.remove(suspect);
      this.buffer.release(suspect.batch);
      this.waiters.onSettled(suspect);
    }
    while (this.buffer.size > 0) {
      bytes += this.buffer.evict('oldest');
      items += 1;
    }
    this.waiters.onQueueEmptied();
    return { items, bytes, taken };
  }

  /** Ends the waits for items that have settled. */
  resolveReached(): void {
    this.waiters.resolveReached(this.isIdle, this.buffer.size);
  }

  #release(flight: Flight<Batch>): void {
    if (flight.cargo.kind === 'batch') this.buffer.release(flight.cargo.batch);
    this.waiters.onSettled(flight);
  }

  #queueAgain(carrier: { readonly items: number }, batch: Batch): void {
    this.buffer.putBack(batch);
    const { size, lowestLane } = this.buffer;
    this.waiters.onPutBack(carrier, size, this.buffer.laneSize(lowestLane) === size);
  }
}

/** A taker that throws has not taken the batch; it may take the next one. */
export function isTakenBy(take: () => boolean): boolean {
  try {
    return take();
  } catch {
    return false;
  }
}
