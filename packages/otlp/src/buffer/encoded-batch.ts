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
  /** A moment before which none of its items came in. */
  readonly filledFrom: number;
}

/** A batch, and whether it has settled. */
export interface OutBatch extends EncodedBatch {
  isOut: boolean;
}

/** Splits a batch in two: the first half of its items, and the rest. The batch itself is then no longer out. */
export function splitBatch(batch: EncodedBatch): [EncodedBatch, EncodedBatch] {
  settles(batch);
  const first: BatchRun[] = [];
  const rest: BatchRun[] = [];
  let left = Math.floor(batch.itemCount / 2);
  for (const run of batch.runs) {
    const middle = run.first + Math.min(left, run.end - run.first);
    left -= middle - run.first;
    if (middle > run.first) first.push({ ...run, end: middle });
    if (middle < run.end) rest.push({ ...run, first: middle });
  }
  return [batchOf(first, batch.filledFrom), batchOf(rest, batch.filledFrom)];
}

/** A batch of runs that were taken out. */
function batchOf(runs: readonly BatchRun[], filledFrom: number): OutBatch {
  const batch = { runs, itemCount: 0, byteLength: 0, firstTakenAt: Infinity, filledFrom, isOut: true };
  for (const { segment, first, end } of runs) {
    batch.itemCount += end - first;
    batch.byteLength += segment.byteLengthOf(first, end);
    batch.firstTakenAt = Math.min(batch.firstTakenAt, segment.takeTimes.timeOf(first));
  }
  return batch;
}

/** True for the first call for a batch. A second call has no effect: it would free memory that others use by now. */
export function settles(batch: EncodedBatch): boolean {
  const out = batch as OutBatch;
  if (!out.isOut) return false;
  out.isOut = false;
  return true;
}
