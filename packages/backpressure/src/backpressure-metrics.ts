import type { Accounting } from './accounting.ts';
import type { BackpressureState } from './backpressure-state.ts';
import type { CircuitState } from './circuit-breaker.ts';
import type { DropReason } from './drop-reason.ts';
import type { FlushLoop } from './flush-loop.ts';
import type { Occupancy } from './occupancy.ts';

/** A snapshot of a controller. Counters only grow, except `eventsSpilled`. */
export interface BackpressureMetrics {
  readonly state: BackpressureState;
  /** Items queued, including those set aside. */
  readonly bufferSize: number;
  /** Items set aside: their batch failed, and is tried alone. */
  readonly setAside: number;
  /** The worst of items held, bytes held, the shared budget and pressure sources, 0 to 1. */
  readonly bufferUtilization: number;
  readonly eventsAccepted: number;
  /** `eventsRefused` and `eventsEvicted` together. */
  readonly eventsDropped: number;
  readonly eventsFlushed: number;
  readonly lastFlushLatencyMs: number;
  /** Bytes held: queued and in flight. */
  readonly bufferBytes: number;
  /** Items in flight. */
  readonly inFlight: number;
  /** Those of them that the overflow had kept. */
  readonly replaying: number;
  readonly eventsOffered: number;
  /** Refused: offered and never let in. */
  readonly eventsRefused: number;
  /** Let in and given up before they were delivered. */
  readonly eventsEvicted: number;
  /** Sent and failed for good, for example rejected by the consumer. */
  readonly eventsFailed: number;
  /** Times an item was put back to be sent again. */
  readonly eventsRetried: number;
  /** Let in, and now with the overflow or the taker of a `handOver`. Falls when items are readmitted or discarded. */
  readonly eventsSpilled: number;
  /** All items refused, evicted or failed, by reason. */
  readonly droppedByReason: Readonly<Record<DropReason, number>>;
  /** How long a batch that is not full waits at present. */
  readonly flushIntervalMs: number;
  /** Items a flush may carry at present. */
  readonly batchSize: number;
  /** Flushes that may be in flight at present. */
  readonly concurrency: number;
  readonly flushesInFlight: number;
  readonly circuit: CircuitState;
  /** Nothing gets through at present. Flushes are small, and only find out whether the consumer is back. */
  readonly isProbing: boolean;
}

/** @param queued items in the buffer */
export function metricsOf<Item, Batch>(
  state: BackpressureState,
  queued: number,
  accounting: Accounting,
  occupancy: Occupancy,
  loop: FlushLoop<Item, Batch>,
): BackpressureMetrics {
  const { accepted, refused, evicted, failed, flushed, retried, spilled } = accounting;
  const { setAside, flights } = loop.held;
  return {
    state,
    bufferSize: queued + setAside.items,
    setAside: setAside.items,
    bufferUtilization: Math.min(occupancy.utilization, 1),
    eventsAccepted: accepted,
    eventsDropped: refused + evicted,
    eventsFlushed: flushed,
    lastFlushLatencyMs: loop.lastFlushLatencyMs,
    bufferBytes: occupancy.bytes,
    inFlight: flights.items,
    replaying: flights.replays.items,
    eventsOffered: accepted + refused,
    eventsRefused: refused,
    eventsEvicted: evicted,
    eventsFailed: failed,
    eventsRetried: retried,
    eventsSpilled: spilled,
    droppedByReason: accounting.byReason(),
    flushIntervalMs: loop.limits.flushIntervalMs,
    batchSize: loop.limits.batchItems,
    concurrency: loop.limits.concurrency,
    flushesInFlight: flights.size,
    circuit: loop.circuit,
    isProbing: loop.limits.isProbing,
  };
}
