import type { BackpressureState, DropReason } from '@spillway/backpressure';
import type { SignalName } from '../collector/src/index.ts';

/** What a fault did to one pipeline. */
export interface FaultOutcome {
  readonly fault: string;
  readonly signal: SignalName;
  readonly states: readonly BackpressureState[];
  readonly made: number;
  readonly delivered: number;
  readonly lost: ReadonlyMap<DropReason, number>;
  readonly duplicates: number;
  /** In the second half of the fault. */
  readonly requestsASecond: number;
  /** Requests that carried the poison item, where that is the fault. */
  readonly poisonedRequests: number;
  /** From the end of the fault until everything made before had arrived or was given up, and the state was NORMAL. */
  readonly recoveryMillis: number;
  readonly mostBytes: number;
  readonly limitBytes: number;
  /** What must not be, and was. */
  readonly problems: readonly string[];
}
