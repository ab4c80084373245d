/** The result of one run of the sampling bench. */
export interface SamplingFigures {
  /** Time of the hook for a span that is sampled out. */
  readonly sampledOutNanos: number;
  /** Time of the hook for a span that is only counted, because the processor was shut down. */
  readonly countedOnlyNanos: number;
  /** Bytes allocated by the hook for a span that is sampled out. */
  readonly bytesPerSpan: number;
  readonly problems: readonly string[];
}
