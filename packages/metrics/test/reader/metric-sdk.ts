import type { Context, Meter } from '@opentelemetry/api';
import type { BackpressureMetricReader, PushMetricExporterLike } from '../../src/index.ts';

/** A line of the metrics SDK. */
export interface MetricSdk {
  readonly name: string;
  readonly context: { active(): Context };
  readonly isTracingSuppressed: (context: Context) => boolean;
  readonly resourceFromAttributes: (attributes: Record<string, unknown>) => object;
  readonly provider: (options: {
    readonly readers: readonly BackpressureMetricReader[];
    readonly resource?: object;
    readonly views?: readonly object[];
  }) => ProviderLike;
  /** A provider with upstream's reader, which passes collections to the exporter. */
  readonly providerOfPeriodicReader: (
    exporter: PushMetricExporterLike,
    options?: { readonly exportIntervalMillis?: number; readonly exportTimeoutMillis?: number },
  ) => ProviderLike;
}

export interface ProviderLike {
  getMeter(name: string): Meter;
  forceFlush(options?: { timeoutMillis?: number }): Promise<void>;
  shutdown(options?: { timeoutMillis?: number }): Promise<void>;
}
