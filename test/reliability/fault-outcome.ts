import type { BackpressureState, DropReason } from '@spillway/backpressure';
import type { EventSignal } from '../collector/src/index.ts';
import type { Wire } from '../faults/wire.ts';

/** What a fault did to one pipeline. */
export interface FaultOutcome {
  readonly fault: string;
  readonly wire: Wire;
  readonly signal: EventSignal;
  readonly states: readonly BackpressureState[];
  readonly made: number;
  readonly delivered: number;
  readonly lost: ReadonlyMap<DropReason, number>;
  readonly duplicates: number;
  /** Measured in the second half of the fault. */
  readonly requestsASecond: number;
  /** Requests that carried the poison item, if that is the fault. */
  readonly poisonedRequests: number;
  /** Time from the end of the fault until all earlier items had arrived or were given up, and the state was NORMAL. */
  readonly recoveryMillis: number;
  readonly mostBytes: number;
  readonly limitBytes: number;
  /** Everything that must not happen but did. */
  readonly problems: readonly string[];
}
