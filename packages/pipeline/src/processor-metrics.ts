import type { BackpressureMetrics } from '@spillway/backpressure';
import type { SpoolMetrics } from './spool/request-spool.ts';

/** The metrics of a pipeline: those of its controller, and these. */
export interface ProcessorMetrics extends BackpressureMetrics {
  /**
   * Items that were not even built, because they would have been refused or sampled out: log records that `enabled`
   * told the SDK not to build, and traces that a `BackpressureSampler` told it not to record, each counted once however
   * many spans it would have had. They were never offered, so they are in no other counter.
   */
  readonly eventsNotBuilt: number;
  /** The share of items that sampling keeps at present, without exempt ones: 0 to 1; 1 while nothing is sampled. */
  readonly samplingProbability: number;
  /** While sampling: more exempt items arrive than can be sent, so no threshold is enough and items will be evicted. */
  readonly exemptExceedsCapacity: boolean;
  /** What the spool holds for this pipeline, what other processes have left there included. Absent without a spool. */
  readonly spool?: SpoolMetrics | undefined;
}
