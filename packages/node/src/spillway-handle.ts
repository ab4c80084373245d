import type { ForceFlushOptions } from '@spillway/pipeline';
import type { SpillwayStatus } from './status/status.ts';

/** The handle that a start returns. */
export interface SpillwayHandle {
  /**
   * Resolves once everything received before has been exported or dropped. Rejects if that takes longer than
   * `timeoutMillis`, 30 s by default.
   */
  forceFlush(options?: ForceFlushOptions): Promise<void>;
  /** Exports the held items, within the drain timeout, and ends every signal. Runs once, never rejects. */
  shutdown(): Promise<void>;
  /** The current state, with counters. */
  status(): SpillwayStatus;
}
