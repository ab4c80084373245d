import type { Accounting } from './accounting.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import type { DropReason } from './drop-reason.ts';
import type { Flight, Flights } from './flights.ts';
import type { Occupancy } from './occupancy.ts';
import type { TakeBatch } from './overflow.ts';
import type { Replay } from './replay.ts';
import type { SetAside } from './set-aside.ts';
import type { Suspect } from './suspect.ts';
import type { Waiters } from './waiters.ts';

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

  get queuedBytes(): number {
    return this.occupancy.itemBytes - this.flights.bytes - this.setAside.bytes;
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
  spill(batch: Batch, take: TakeBatch<Batch>): boolean {
    const items = this.buffer.countOf(batch);
    const bytes = this.buffer.bytesOf(batch);
    const carrier = { items };
    this.waiters.onStart(carrier);
    this.accounting.spill(items);
    const isTaken = isTakenBy(take, batch, items);
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
  readmit({ items, bytes, acceptedBy }: Replay): void {
    if (acceptedBy === 'elsewhere') this.accounting.accept(items);
    else this.accounting.unspill(items);
    this.occupancy.addAll(items, bytes);
  }

  /** A replay that was in flight stays with the overflow. */
  keepReplay(flight: Flight<Batch>): void {
    this.accounting.spill(flight.items);
    this.occupancy.remove(flight.items, flight.bytes);
  }

  /** Gives up the items that were first taken before a moment. @returns whether there were any */
  expire(before: number): boolean {
    for (const suspect of [...this.setAside]) if (suspect.firstTakenAt < before) this.#returnToBuffer(suspect);
    const { items, bytes } = this.buffer.evictTakenBefore(before);
    if (items === 0) return false;
    this.accounting.fail('expired', items);
    this.occupancy.remove(items, bytes);
    return true;
  }

  /**
   * Gives up everything that waits, queued or set aside. Flights are not touched: a batch that fails is queued again.
   * @returns items given up
   */
  supersede(): number {
    const { items, bytes } = this.removeWaiting();
    if (items === 0) return 0;
    this.accounting.evict('superseded', items);
    this.occupancy.remove(items, bytes);
    return items;
  }

  /** Everything that waits, queued or set aside, leaves the buffer. The caller counts it. */
  removeWaiting(): { readonly items: number; readonly bytes: number } {
    let { items, bytes } = this.setAside;
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
    return { items, bytes };
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

  /** Only the buffer knows which items of the batch are too old. */
  #returnToBuffer(suspect: Suspect<Batch>): void {
    this.setAside.remove(suspect);
    this.buffer.putBack(suspect.batch);
    this.waiters.onPutBack(suspect, this.buffer.size, false);
  }
}

/** A taker that throws has not taken the batch; it may take the next one. */
export function isTakenBy<Batch>(take: TakeBatch<Batch>, batch: Batch, items: number): boolean {
  try {
    return take(batch, items);
  } catch {
    return false;
  }
}
