import type { ControllerInspection } from '@spillway/backpressure';
import type { ProcessorMetrics } from '@spillway/pipeline';

/**
 * What the main thread knows at one moment. Times are relative to that moment, because each thread has a clock of its
 * own.
 */
export interface Snapshot {
  readonly process: ProcessSnapshot;
  readonly pipelines: readonly PipelineSnapshot[];
}

export interface ProcessSnapshot {
  readonly pid: number;
  /** Of Node. */
  readonly version: string;
  readonly uptimeMs: number;
  /** Memory of the process. */
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly heapLimitBytes: number;
  /** The share of the time since the last snapshot in which the event loop of the main thread was busy, 0 to 1. */
  readonly loopUtilization: number;
}

export interface PipelineSnapshot extends ControllerInspection {
  readonly id: number;
  /** The name of the processor, as in log lines. */
  readonly name: string;
  readonly signal: string;
  readonly destination: DestinationSnapshot;
  readonly samplingProbability: number;
  /** Items lost so far: not even built, refused, given up or failed, and not left out on purpose. */
  readonly lost: number;
  /**
   * Items that were left out on purpose: by sampling, as repeated ones, or because newer values replaced them. A trace
   * that was not recorded counts as one.
   */
  readonly leftOut: number;
  /** How the last request ended; `undefined` before the first. */
  readonly lastAttempt: AttemptSnapshot | undefined;
  /** The newest kinds of failures, the latest one first. */
  readonly failures: readonly FailureSnapshot[];
  /** What `getMetrics()` returns. */
  readonly metrics: ProcessorMetrics;
}

export interface DestinationSnapshot {
  /** The class name of the exporter. */
  readonly exporter: string;
  /** Without credentials and query, and with only standard parts of the path; `undefined` if it has none. */
  readonly url: string | undefined;
  readonly protocol: string | undefined;
  /** Protocol, host and port of the proxy that requests go through. */
  readonly proxy: string | undefined;
}

export interface AttemptSnapshot {
  /** Milliseconds since it ended. */
  readonly agoMs: number;
  readonly latencyMs: number;
  /** How it ended, in a few words. */
  readonly result: string;
  readonly isOk: boolean;
}

export interface FailureSnapshot {
  /** Milliseconds since the last failure of this kind. */
  readonly agoMs: number;
  /** How many failures of this kind there were in a row, without one of another kind among those that are shown. */
  readonly count: number;
  /** What happened, as `doctor` says it. */
  readonly found: string;
  /** What to do about it; `undefined` if there is nothing to do. */
  readonly advice: string | undefined;
}
