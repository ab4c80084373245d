import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';

/** Whose pipelines a service has. */
export type PipelineKind = 'upstream' | 'spillway';

/** What the pipeline of one signal says of itself at one moment. Counters only grow. */
export interface PipelineStatus {
  /** Its own word for how it is, where it has one. */
  readonly state: string | undefined;
  /** How full its queue is, 0 to 1. */
  readonly utilization: number;
  /** Bytes it holds, where it knows. */
  readonly heldBytes: number | undefined;
  readonly delivered: number;
  /** Items given up, by its own names for the reasons. */
  readonly lostByReason: Readonly<Record<string, number>>;
  /** Where its accounts do not add up; empty in a pipeline that can be believed. */
  readonly contradictions: readonly string[];
}

/** The processor of one signal, and how it is. */
export interface Pipeline<Processor> {
  readonly processor: Processor;
  /** @param made items that were handed to the processor so far */
  status(made: number): PipelineStatus;
}

/** What a service needs to send both signals. */
export interface Pipelines {
  readonly traces: Pipeline<SpanProcessor>;
  readonly logs: Pipeline<LogRecordProcessor>;
}
