export interface CollectionCost {
  readonly micros: number;
  /** Allocated on the heap. */
  readonly bytes: number;
}

/** The medians of a run. */
export interface SelfMetricFigures {
  /** Microseconds of CPU for a span, from its end to the answer to its request. */
  readonly spanMicros: { readonly without: number; readonly with: number };
  /** How far the rounds without self-metrics are apart: half of them are within this share of their median. */
  readonly noise: number;
  /** Of one collection of the self-metrics of one pipeline, without exporting it. */
  readonly collection: CollectionCost;
  /** The part of it that is Spillway's: its callbacks alone. The rest is the SDK's. */
  readonly callbacks: CollectionCost;
  /** Nanoseconds of a log record that a full queue refuses. */
  readonly refusedNanos: { readonly without: number; readonly with: number };
  readonly problems: readonly string[];
}
