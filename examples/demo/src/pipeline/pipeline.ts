import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { IMetricReader } from '@opentelemetry/sdk-metrics';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';

/** Which pipelines a service has. */
export type PipelineKind = 'upstream' | 'spillway';

/** What the pipeline of one signal reports at one moment. Counters only grow. */
export interface PipelineStatus {
  /** Its own name for its state, if it has one. */
  readonly state: string | undefined;
  /** How full its queue is, 0 to 1. */
  readonly utilization: number;
  /** Bytes that it holds, if it reports them. */
  readonly heldBytes: number | undefined;
  readonly delivered: number;
  /** Items given up, by its own names for the reasons. */
  readonly lostByReason: Readonly<Record<string, number>>;
  /** Counters that do not add up; empty if all do. */
  readonly contradictions: readonly string[];
}

/** The processor or the reader of one signal, and its status. */
export interface Pipeline<Processor> {
  readonly processor: Processor;
  /** @param made items that were made so far */
  status(made: number): PipelineStatus;
}

/**
 * How often metrics are collected, by both pipelines. The default of a minute would be longer than the demo. Every
 * measurement is in one collection only (delta), so that a lost collection can be seen.
 */
export const COLLECTION_MILLIS = 2_000;

/** What a service needs to send its signals. */
export interface Pipelines {
  readonly traces: Pipeline<SpanProcessor>;
  readonly logs: Pipeline<LogRecordProcessor>;
  readonly metrics: Pipeline<IMetricReader>;
}
