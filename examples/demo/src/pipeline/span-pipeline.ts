import type { SpanProcessor } from '@opentelemetry/sdk-trace';

/** Which of the two pipelines a service has. */
export type PipelineKind = 'upstream' | 'spillway';

/** What a pipeline says of itself at one moment. Counters only grow. */
export interface PipelineStatus {
  /** Its own word for how it is, where it has one. */
  readonly state: string | undefined;
  /** How full its queue is, 0 to 1. */
  readonly utilization: number;
  /** Bytes it holds, where it knows. */
  readonly heldBytes: number | undefined;
  readonly delivered: number;
  /** Spans given up, by its own names for the reasons. */
  readonly lostByReason: Readonly<Record<string, number>>;
  /** Where its accounts do not add up; empty in a pipeline that can be believed. */
  readonly contradictions: readonly string[];
}

/** A span processor, and how it is. */
export interface SpanPipeline {
  readonly processor: SpanProcessor;
  /** @param made spans that were handed to the processor so far */
  status(made: number): PipelineStatus;
}
