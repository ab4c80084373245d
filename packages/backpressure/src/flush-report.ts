import type { FlushOutcome } from './flush-outcome.ts';

/** One settled flush, for logs and metrics. */
export interface FlushReport {
  readonly outcome: FlushOutcome;
  readonly items: number;
  readonly bytes: number;
  readonly latencyMs: number;
  /** Set if the items have settled: milliseconds since the first of them was first taken. */
  readonly operationMs?: number;
  /** How many of the items are reports about lost items. Default 0. */
  readonly reports?: number;
  /** The batch was a single item, which this failure gave up: see the drop reason `undeliverable`. */
  readonly isUndeliverable?: boolean;
}
