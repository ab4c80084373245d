import type { EncodedLane } from './encoded-lane.ts';
import type { EncodedRun } from './run-list.ts';

/** A run that is out, and the lane it goes back to. */
export interface BatchRun extends EncodedRun {
  readonly lane: EncodedLane;
}

/**
 * Items taken from an encoded buffer. It holds no bytes, only where they are: they stay as they are until the batch is
 * put back or released, and mean nothing afterwards.
 */
export interface EncodedBatch {
  /** Highest lane first, and within a lane in its order. */
  readonly runs: readonly BatchRun[];
  readonly itemCount: number;
  /** Bytes of the items, without the headers that a request adds. */
  readonly byteLength: number;
  /** When the item that has been tried for longest was first taken, on the scale of `performance.now()`. */
  readonly firstTakenAt: number;
}
