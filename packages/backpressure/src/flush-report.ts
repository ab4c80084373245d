import type { FlushOutcome } from './flush-outcome.ts';

/** One settled flush, for logs and metrics. */
export interface FlushReport {
  readonly outcome: FlushOutcome;
  readonly items: number;
  readonly bytes: number;
  readonly latencyMs: number;
  /** The batch was a single item, which this failure gave up: see the drop reason `undeliverable`. */
  readonly isUndeliverable?: boolean;
}
