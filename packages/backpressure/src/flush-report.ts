import type { FlushOutcome } from './flush-outcome.ts';

/** One settled flush, for those who log or measure. */
export interface FlushReport {
  readonly outcome: FlushOutcome;
  readonly items: number;
  readonly bytes: number;
  readonly latencyMs: number;
  /** The batch is one item that is given up with this failure: see the drop reason `undeliverable`. */
  readonly isUndeliverable?: boolean;
}
