/** How an SDK names an aggregation: `AggregationOption`. */
export interface AggregationOptionLike {
  readonly type: number;
  readonly options?: unknown;
}

/** The parts of an exporter that the SDK asks through its reader. Each may be absent. */
export interface MetricSelectors {
  selectAggregation?(instrumentType: never): AggregationOptionLike;
  selectAggregationTemporality?(instrumentType: never): number;
}

/** `AggregationType` of the SDKs. */
export const AGGREGATION_TYPE = { DEFAULT: 0, EXPONENTIAL_HISTOGRAM: 5 } as const;
