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
