import type { ProgramMessage } from '../measured-program.ts';

/** The same figure with 1 000 and with 200 000 items in the buffer. */
export interface ByDepth {
  readonly shallow: number;
  readonly deep: number;
}

/** What one run of the controller bench found. */
export interface ControllerFigures {
  /** Items pushed with `tryPush`, taken and flushed, a second of wall time; filled to the depth, then emptied. */
  readonly cyclesPerSecond: ByDepth;
  /** Time of a `tryPush` on a full buffer that evicts the oldest. */
  readonly evictionNanos: ByDepth;
  /** Bytes allocated by a `tryPush` into a buffer that has been this full before. */
  readonly bytesPerPush: number;
  /** Bytes allocated by a `tryPush` and its share of taking and flushing the batch. */
  readonly bytesPerCycle: number;
  readonly problems: readonly string[];
}

/** What the controller bench tells the bench. */
export type ControllerMessage = ProgramMessage<ControllerFigures>;
