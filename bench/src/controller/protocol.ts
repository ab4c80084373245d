import type { ProgramMessage } from '../measured-program.ts';

/** The same figure with 1 000 and with 200 000 items in the buffer. */
export interface ByDepth {
  readonly shallow: number;
  readonly deep: number;
}

/** The result of one run of the controller bench. */
export interface ControllerFigures {
  /**
   * Items per second of wall time that are pushed with `tryPush`, taken and flushed, when filling to the depth and
   * emptying.
   */
  readonly cyclesPerSecond: ByDepth;
  /** Time of a `tryPush` on a full buffer that evicts the oldest. */
  readonly evictionNanos: ByDepth;
  /** Bytes allocated by a `tryPush` into a buffer that has been this full before. */
  readonly bytesPerPush: number;
  /** Bytes allocated by a `tryPush` and its share of taking and flushing the batch. */
  readonly bytesPerCycle: number;
  readonly problems: readonly string[];
}

/** A message from the controller bench to the bench. */
export type ControllerMessage = ProgramMessage<ControllerFigures>;
