import type { Accounting } from './accounting.ts';
import type { DropReason } from './drop-reason.ts';
import type { FlushLoop } from './flush-loop.ts';
import type { Occupancy, UtilizationBySource } from './occupancy.ts';

/** What monitoring asks in addition to `BackpressureMetrics`. Counters and times only grow. */
export interface FlowMetrics {
  /** Items queued that were never taken. */
  readonly queued: number;
  /** Items taken and not settled: in flight, set aside, or queued again. */
  readonly unsettled: number;
  /** Items taken, to be sent or spilled, each counted once however often it is sent. */
  readonly eventsTaken: number;
  /** Lost items that were never taken, by reason. */
  readonly lostBeforeTake: Readonly<Record<DropReason, number>>;
  /** The other lost items, by reason. */
  readonly lostAfterTake: Readonly<Record<DropReason, number>>;
  readonly utilizationBySource: UtilizationBySource;
  /** Milliseconds in which no flush could start because the consumer had asked for a pause. */
  readonly throttledMs: number;
  /** Milliseconds in which the circuit was not closed. */
  readonly circuitOpenMs: number;
}

/** @param queued items in the buffer, those included that were put back */
export function flowMetricsOf<Item, Batch>(
  queued: number,
  returned: number,
  accounting: Accounting,
  occupancy: Occupancy,
  loop: FlushLoop<Item, Batch>,
): FlowMetrics {
  const { throttle, circuit } = loop.closedMs;
  return {
    queued: queued - returned,
    unsettled: loop.itemsUnsettled,
    eventsTaken: accounting.taken,
    lostBeforeTake: accounting.byReasonBeforeTake(),
    lostAfterTake: accounting.byReasonAfterTake(),
    utilizationBySource: occupancy.utilizationBySource,
    throttledMs: throttle,
    circuitOpenMs: circuit,
  };
}
