import type { Accounting } from './accounting.ts';
import { HIGHEST_LANE } from './admission.ts';
import { BackpressureStrategy } from './backpressure-strategy.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import type { Occupancy } from './occupancy.ts';

/** Is told of items that are given up. */
interface EvictionListener {
  /** The next item of a buffer with a single lane will be given up. */
  onEvictNext(): void;
  /** Room was made, or not enough of it: some items may have been given up. */
  onEvicted(): void;
}

/** Gives up queued items by the rules of the strategy, so that no more is held than the bounds allow. */
export class RoomMaker {
  readonly #strategy: BackpressureStrategy;
  readonly #buffer: BatchBuffer<never, unknown>;
  readonly #occupancy: Occupancy;
  readonly #accounting: Accounting;
  readonly #listener: EvictionListener;
  /** Whether room is being made. Callbacks about evictions may push other items meanwhile. */
  isActive = false;

  constructor(
    strategy: BackpressureStrategy,
    buffer: BatchBuffer<never, unknown>,
    occupancy: Occupancy,
    accounting: Accounting,
    listener: EvictionListener,
  ) {
    this.#strategy = strategy;
    this.#buffer = buffer;
    this.#occupancy = occupancy;
    this.#accounting = accounting;
    this.#listener = listener;
  }

  /** Whether room could be made for an item of that lane, however small. Items in flight cannot be given up. */
  canMakeRoom(lane: number): boolean {
    if (this.#strategy === BackpressureStrategy.BLOCK || this.#buffer.size === 0) return false;
    const { lowestLane } = this.#buffer;
    return this.#strategy === BackpressureStrategy.DROP_NEWEST ? lowestLane < lane : lowestLane <= lane;
  }

  /**
   * Gives up items of at most the lane of the new one, which is already in the buffer.
   * @param bytes of the new item
   * @param broughtBytes shared bytes that it has brought
   * @returns whether it now fits
   */
  makeRoom(lane: number, bytes: number, broughtBytes: number): boolean {
    this.isActive = true;
    try {
      return this.#makeRoom(lane, bytes, broughtBytes);
    } finally {
      this.isActive = false;
      this.#listener.onEvicted();
    }
  }

  /** Gives up items, as it would for a new one, until no more is held than the bounds allow. */
  giveUpExcess(): void {
    // If room is being made already, that goes on until there is enough.
    if (this.#strategy === BackpressureStrategy.BLOCK || this.isActive) return;
    this.isActive = true;
    try {
      while (this.#occupancy.isOver && this.#buffer.size > 0) this.#giveUpSome(HIGHEST_LANE);
    } finally {
      this.isActive = false;
    }
  }

  #makeRoom(lane: number, bytes: number, broughtBytes: number): boolean {
    if (this.#strategy === BackpressureStrategy.BLOCK) return false;
    // Items in flight or in higher lanes cannot be given up. If they alone leave too little room, give nothing up in
    // vain.
    const highest = this.#strategy === BackpressureStrategy.DROP_NEWEST ? lane - 1 : lane;
    const evictable = this.#bytesUpTo(highest) - (highest === lane ? bytes : 0);
    if (this.#occupancy.isOverWithout(evictable, broughtBytes)) return false;
    while (this.#occupancy.isOver) {
      const lowest = this.#buffer.lowestLane;
      // The lowest lane is never above the new item's lane, because that item is queued. It is not given up for itself.
      const mayEvict =
        lowest < lane || (this.#strategy !== BackpressureStrategy.DROP_NEWEST && this.#buffer.laneSize(lane) > 1);
      if (!mayEvict) return false;
      this.#giveUpSome(lane);
    }
    return true;
  }

  #giveUpSome(lane: number): void {
    if (!this.#thinOut(lane)) this.#evict();
  }

  #evict(): void {
    const oldest = this.#strategy !== BackpressureStrategy.DROP_NEWEST;
    if (oldest && this.#buffer.laneSize(this.#buffer.lowestLane) === this.#buffer.size) this.#listener.onEvictNext();
    const returned = this.#buffer.returnedSize ?? 0;
    const evicted = this.#buffer.evict(oldest ? 'oldest' : 'newest');
    // Counted before room is released, because that may call listeners, and they may look at the counters.
    this.#accounting.evict('evicted', 1, returned - (this.#buffer.returnedSize ?? 0));
    this.#occupancy.remove(1, evicted);
  }

  /** @returns whether the buffer's own rule gave anything up */
  #thinOut(lane: number): boolean {
    if (this.#strategy === BackpressureStrategy.DROP_NEWEST) return false;
    const thinned = this.#buffer.thinOut?.(lane);
    if (thinned === undefined || thinned.items === 0) return false;
    this.#accounting.evict('sampled_out', thinned.items);
    this.#occupancy.remove(thinned.items, thinned.bytes);
    return true;
  }

  /** Bytes queued in that lane and those below. */
  #bytesUpTo(highest: number): number {
    let bytes = 0;
    for (let lane = this.#buffer.lowestLane; lane <= highest; lane += 1) bytes += this.#buffer.laneBytes(lane);
    return bytes;
  }
}
