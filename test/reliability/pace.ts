import type { BackpressureStrategy } from '@spillway/backpressure';

/** The amounts and times of a run. */
export interface Pace {
  /** Text of an item: the name of a span, the body of a log record. */
  readonly text: string;
  /** Items a second for each signal. */
  readonly itemsASecond: number;
  readonly beforeMillis: number;
  readonly faultMillis: number;
  /** A pipeline that has not recovered by then counts as not recovering. */
  readonly recoveryLimitMillis: number;
  /** How long the load goes on after all earlier items have arrived. */
  readonly afterMillis: number;
  /** How long the event loop is blocked, if that is the fault. */
  readonly blockMillis: number;
  readonly maxQueueBytes: number;
  /** `timeoutMillis` of the exporters. */
  readonly timeoutMillis: number;
  readonly scheduledDelayMillis: number;
  readonly strategy: BackpressureStrategy;
}

/** The pace of the table in docs/reliability.md. */
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

/** A smaller version for tests, which check correctness and not speed. */
export const TEST_PACE: Pace = {
  ...TABLE_PACE,
  itemsASecond: 500,
  beforeMillis: 100,
  faultMillis: 400,
  afterMillis: 50,
  blockMillis: 1_500,
  maxQueueBytes: 300_000,
};
