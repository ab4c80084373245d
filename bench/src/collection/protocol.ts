/** Metrics of one series each: mostly headers, which other collections have once for all points. For information only. */
export const SINGLE_SERIES = 'gauge with a single series';

/** The cost of a collection of one kind of metric, for each of its data points. */
export interface EncodingCost {
  /** User and system, all threads. */
  readonly micros: number;
  /** Allocated on the JavaScript heap. */
  readonly heapBytes: number;
}

/** The figures of one kind of metric. */
export interface CollectionFigures {
  readonly kind: string;
  readonly upstream: EncodingCost;
  readonly spillway: EncodingCost;
}
