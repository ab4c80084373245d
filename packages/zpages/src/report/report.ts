import type { PipelineSnapshot, ProcessSnapshot } from '../snapshot/snapshot.ts';

/** What the page shows, and what it answers as JSON. It contains no header, no query, and no attribute of an item. */
export interface Report {
  /** What the process is called: `serveZpages({ name })`, or the name of its service. */
  readonly name: string;
  /** When the report was made, by the clock of the machine, as in ISO 8601. */
  readonly time: string;
  /** `undefined` if the main thread has never answered. */
  readonly process: ProcessSnapshot | undefined;
  readonly mainThread: MainThreadReport;
  readonly pipelines: readonly PipelineReport[];
}

export interface MainThreadReport {
  /** Milliseconds since it told the figures of this report. */
  readonly figuresMs: number | undefined;
  /** Milliseconds for which it has not answered, so its event loop is blocked; `undefined` if it answers. */
  readonly blockedMs: number | undefined;
}

export interface PipelineReport extends PipelineSnapshot {
  readonly rates: Rates;
}

/** Items per second. `null` where nothing is known: before the page was served, or while the event loop was blocked. */
export interface Rates {
  /** Over the last few seconds. */
  readonly now: RateSet<number | null>;
  /** Over the last five minutes, the oldest first, one value for each step. */
  readonly history: RateSet<readonly (number | null)[]>;
  /** Milliseconds of each step of the history. */
  readonly stepMs: number;
}

export interface RateSet<Value> {
  /** Offered. */
  readonly in: Value;
  /** Delivered. */
  readonly out: Value;
  /** Lost, not counting what was left out on purpose. */
  readonly lost: Value;
  /** How full the pipeline is: 0 to 1, not per second. */
  readonly utilization: Value;
}
