import type { ResourceMetricsLike } from '../metric-data.ts';

/** `CollectionResult` of the SDKs. */
export interface CollectionResultLike {
  readonly resourceMetrics: ResourceMetricsLike;
  /** Why some metrics are missing, for example what the callback of an observable instrument threw. */
  readonly errors: readonly unknown[];
}

/** The SDK's side of a reader, or another source of metrics: `MetricProducer` of the SDKs. */
export interface MetricProducerLike {
  collect(options?: { timeoutMillis?: number }): Promise<CollectionResultLike>;
}
