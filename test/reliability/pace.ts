import type { BackpressureStrategy } from '@spillway/backpressure';

/** How much of everything. */
export interface Pace {
  /** Of an item: the name of a span, the body of a log record. */
  readonly text: string;
  /** Of each signal. */
  readonly itemsASecond: number;
  readonly beforeMillis: number;
  readonly faultMillis: number;
  /** A pipeline that has not recovered by then does not. */
  readonly recoveryLimitMillis: number;
  /** For how long the load goes on once everything of before is there. */
  readonly afterMillis: number;
  /** For how long the event loop is blocked, where that is the fault. */
  readonly blockMillis: number;
  readonly maxQueueBytes: number;
  /** `timeoutMillis` of the exporters. */
  readonly timeoutMillis: number;
  readonly scheduledDelayMillis: number;
  readonly strategy: BackpressureStrategy;
}

/** As in the table of docs/reliability.md. */
export const TABLE_PACE: Pace = {
  text: 'GET /orders/{id}',
  itemsASecond: 2_000,
  beforeMillis: 1_000,
  faultMillis: 2_500,
  recoveryLimitMillis: 30_000,
  afterMillis: 500,
  blockMillis: 5_000,
  maxQueueBytes: 2_000_000,
  timeoutMillis: 1_000,
  scheduledDelayMillis: 50,
  strategy: 'drop_oldest',
};

/** The same in small: whether it holds, not how fast. */
export const TEST_PACE: Pace = { ...TABLE_PACE, itemsASecond: 500, beforeMillis: 100, faultMillis: 400, afterMillis: 50, blockMillis: 1_500, maxQueueBytes: 300_000 };
