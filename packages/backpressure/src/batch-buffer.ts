import type { Admission } from './admission.ts';

/**
 * What the controller needs from a buffer. The buffer decides how items are represented (objects, encoded bytes); the
 * controller decides which items come in, which leave, and when.
 *
 * A lane is a priority: a small whole number from 0, higher is more important. Order within a lane is the order of
 * arrival and survives {@link putBack}.
 *
 * An item is *queued* from `push` until `take` or `evict`, *out* from `take` until `putBack` or `release`.
 */
export interface BatchBuffer<Item, Batch> {
  /** Queued items, not including those that are out. */
  readonly size: number;

  /** The lowest lane that has a queued item; `Infinity` when nothing is queued. O(1) or O(lanes). */
  readonly lowestLane: number;

  /** Queued items of one lane; 0 for a lane that was never used. */
  laneSize(lane: number): number;

  /** Bytes of the queued items of one lane; 0 if bytes are not counted. O(1). */
  laneBytes(lane: number): number;

  /**
   * Shared bytes: what the buffer keeps in addition to the items, such as headers that many of them share. They count
   * against the bounds like the bytes of items, and are freed with the last item, queued or out, that needs them. O(1).
   * Default 0.
   */
  readonly sharedBytes?: number;

  /** Queued items that were taken before and put back. O(1). Default 0. */
  readonly returnedSize?: number;
  /**
   * A moment, on the clock of `now()`, before which no queued item came in: when the oldest one came in, or a little
   * earlier. `undefined` if nothing is queued. Default: it is not known.
   */
  readonly oldestQueuedAt?: number | undefined;

  /** Whether items are kept off the JavaScript heap, so that giving them up does not relieve it. Default: false. */
  readonly isOffHeap?: boolean;

  /**
   * Queues an item at the end of its lane.
   * @param admission its lane, and perhaps a mark that the buffer keeps with it
   * @returns the bytes that it occupies, 0 if bytes are not counted
   * @throws whatever its encoding throws. The buffer is then unchanged
   */
  push(item: Item, admission: Admission): number;

  /**
   * Removes the item that was pushed last. Valid until the next `push`, `take` or `putBack`, even if others were
   * evicted.
   */
  undoPush(): void;

  /**
   * Removes the oldest or newest queued item of the lowest lane that has any. O(1).
   * @returns the bytes it occupied
   */
  evict(end: 'oldest' | 'newest'): number;

  /**
   * Makes room by the buffer's own rule, instead of `evict`: gives up some queued items of that lane and the lanes
   * below, but not the item that was pushed last. They are counted as `sampled_out`. The work is bounded.
   * @returns what was given up; no items if the rule has nothing more to give up
   */
  thinOut?(highestLane: number): { items: number; bytes: number };

  /**
   * Whether items come in groups that must leave together, whatever the limits of `take`, and that `split` cannot
   * divide. A batch of them is never tried alone beside others. Default: false.
   */
  readonly isIndivisible?: boolean;

  /**
   * Takes the next items, highest lane first and oldest first within a lane: at least one if any is queued, then as
   * many as fit both limits. O(items taken).
   */
  take(maxItems: number, maxBytes: number): Batch;

  /** Queues the items of a batch again, each at its old place in the order. */
  putBack(batch: Batch): void;

  /** The batch has settled; its memory may be used again. */
  release(batch: Batch): void;

  /**
   * Splits a batch of at least two items in two: the first half of its items, and the rest, each in its order. Both are
   * out, as their items were. The batch itself is no longer out. O(items of the batch).
   */
  split(batch: Batch): [Batch, Batch];

  /** When the item of a batch that has been tried for longest was first taken, on the scale of `performance.now()`. */
  firstTakenAt(batch: Batch): number;

  /** Items of one lane in a batch. O(lanes and runs of the batch). Default: it is not known. */
  laneCountOf?(batch: Batch, lane: number): number;

  /** Items in a batch. */
  countOf(batch: Batch): number;

  /** Bytes that the items of a batch occupy; 0 if bytes are not counted. */
  bytesOf(batch: Batch): number;

  /**
   * Removes queued items that were put back and first taken before a moment.
   * @param time on the scale of `performance.now()`
   */
  evictTakenBefore(time: number): { items: number; bytes: number };
}
