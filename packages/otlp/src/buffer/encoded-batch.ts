import type { EncodedLane } from './encoded-lane.ts';
import type { EncodedRun } from './run-list.ts';

/** A run that was taken out, and the lane that it returns to. */
export interface BatchRun extends EncodedRun {
  readonly lane: EncodedLane;
}

/**
 * Items taken from an encoded buffer. The batch has no bytes of its own, only their places in the buffer. The places
 * are valid until the batch is put back or released.
 */
export interface EncodedBatch {
  /** Highest lane first; within a lane, in the lane's order. */
  readonly runs: readonly BatchRun[];
  readonly itemCount: number;
  /** Bytes of the items, without the headers that a request adds. */
  readonly byteLength: number;
  /** When the item that has been tried for longest was first taken, on the scale of `performance.now()`. */
  readonly firstTakenAt: number;
}
