import { finiteFrom1, from0 } from '@spillway/backpressure';
import { processEnvironment, readMetricReaderEnvironment, type Warn } from '@spillway/config';
import {
  DEFAULT_DRAIN_TIMEOUT_MILLIS,
  type ExportResultLike,
  limitOf,
  type ProcessorOptions,
} from '@spillway/pipeline';
import type { CollectedPoint } from '../collected-point.ts';
import type { MetricSelectors } from '../metric-selectors.ts';
import type { CardinalityLimits } from './cardinality-limits.ts';
import type { MetricProducerLike } from './metric-producer.ts';

/** `PushMetricExporter` of either SDK line. */
export interface PushMetricExporterLike extends MetricSelectors {
  export(metrics: never, resultCallback: (result: ExportResultLike) => void): void;
  shutdown(): Promise<void>;
  forceFlush?(): Promise<void>;
}

/** The options that a reader has in common with the processors. */
type PipelineOptions = Pick<
  ProcessorOptions<CollectedPoint>,
  | 'pressure'
  | 'memoryBudget'
  | 'spool'
  | 'retry'
  | 'circuitBreaker'
  | 'highWatermark'
  | 'lowWatermark'
  | 'selfObsMeterProvider'
  | 'onStateChange'
  | 'onDrop'
>;

/**
 * Options of `BackpressureMetricReader`. All are optional: the environment comes next, then the default.
 */
export interface BackpressureMetricReaderOptions extends PipelineOptions {
  /**
   * Where metrics go. An `OtlpMetricExporter` gets them encoded; any other `PushMetricExporter` gets each collection
   * whole, one export at a time. Default: an `OtlpMetricExporter` that the environment configures.
   */
  readonly exporter?: PushMetricExporterLike | undefined;
  /**
   * Metrics are collected at this interval, in milliseconds, if the collection before has been delivered. Default 60
   * 000.
   */
  readonly exportIntervalMillis?: number | undefined;
  /**
   * An export is aborted, and sent again, after this many milliseconds; 0 is no limit. Also the time limit of each
   * callback of an observable instrument, which is 30 000 if there is none. Default 30 000.
   */
  readonly exportTimeoutMillis?: number | undefined;
  /**
   * Most bytes held. Points for which there is no room are refused (`queue_full`). Default 64 MiB, or a 24th of the
   * memory that the process may use if that is less. Without effect for a foreign exporter.
   */
  readonly maxQueueBytes?: number | undefined;
  /** `shutdown` drops what is left after this many milliseconds; 0 is no limit. Default 10 000. */
  readonly drainTimeoutMillis?: number | undefined;
  /** Other sources of metrics, which are sent with the SDK's, and with its resource. */
  readonly metricProducers?: readonly MetricProducerLike[] | undefined;
  /** Most series of one instrument, for each type of instrument. Default 2 000. */
  readonly cardinalityLimits?: CardinalityLimits | undefined;
}

/** Checked options, with the environment and the defaults filled in. */
export interface ResolvedReaderOptions {
  readonly exportIntervalMillis: number;
  readonly exportTimeoutMillis: number;
  readonly drainTimeoutMillis: number;
  readonly metricProducers: readonly MetricProducerLike[];
  readonly pipeline: ProcessorOptions<CollectedPoint>;
}

/** OpenTelemetry SDK specification, "Periodic exporting MetricReader": 60 s and 30 s. */
const DEFAULT_INTERVAL_MILLIS = 60_000;
const DEFAULT_TIMEOUT_MILLIS = 30_000;

/**
 * A collection has as many points as there are series, and all of them leave at once. So points are not bounded by
 * number, only in bytes. This is far above what memory can hold.
 */
const ANY_NUMBER = 2 ** 30;

/** @throws RangeError or TypeError that names option and value */
export function resolveReaderOptions(options: BackpressureMetricReaderOptions, warn: Warn): ResolvedReaderOptions {
  const variables = readMetricReaderEnvironment(processEnvironment(), warn);
  const {
    exporter: _exporter,
    exportIntervalMillis = variables.exportIntervalMillis ?? DEFAULT_INTERVAL_MILLIS,
    exportTimeoutMillis = variables.exportTimeoutMillis ?? DEFAULT_TIMEOUT_MILLIS,
    drainTimeoutMillis = variables.drainTimeoutMillis ?? DEFAULT_DRAIN_TIMEOUT_MILLIS,
    maxQueueBytes = variables.maxQueueBytes,
    metricProducers = [],
    cardinalityLimits: _limits,
    ...shared
  } = options;
  return {
    exportIntervalMillis: finiteFrom1('exportIntervalMillis', exportIntervalMillis),
    exportTimeoutMillis: limitOf(from0('exportTimeoutMillis', exportTimeoutMillis)),
    drainTimeoutMillis: limitOf(from0('drainTimeoutMillis', drainTimeoutMillis)),
    metricProducers: producers(metricProducers),
    pipeline: {
      ...shared,
      maxQueueBytes,
      exportTimeoutMillis,
      drainTimeoutMillis,
      maxQueueSize: ANY_NUMBER,
      maxExportBatchSize: ANY_NUMBER,
      maxConcurrentExports: 1,
      scheduledDelayMillis: 0,
    },
  };
}

function producers(given: readonly MetricProducerLike[]): readonly MetricProducerLike[] {
  if (!Array.isArray(given)) throw new TypeError(`metricProducers must be an array, got ${typeof given}`);
  for (const producer of given as readonly unknown[]) {
    if (typeof (producer as Partial<MetricProducerLike> | null)?.collect !== 'function')
      throw new TypeError(
        `metricProducers must be an array of objects with a collect function, got ${typeof producer}`,
      );
  }
  return [...given];
}
