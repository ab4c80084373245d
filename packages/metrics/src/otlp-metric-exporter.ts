import {
  type HistogramAggregationName,
  readOtlpExporterEnvironment,
  type TemporalityPreferenceName,
} from '@spillway/config';
import type { OtlpExporterOptions } from '@spillway/otlp';
import { attributeDropReport, type ExportFormat, OtlpExporter } from '@spillway/pipeline';
import { MetricBuffer } from './buffer/metric-buffer.ts';
import { type CollectedPoint, forEachPoint } from './collected-point.ts';
import { exemplarDropReport } from './exporter/exemplar-drop-report.ts';
import { aggregationOf, histogramAggregation } from './exporter/histogram-aggregation.ts';
import { temporalityOf, type TemporalityPreference, temporalityPreference } from './exporter/temporality-preference.ts';
import type { ResourceMetricsLike } from './metric-data.ts';
import type { AggregationOptionLike } from './metric-selectors.ts';

/** Options of {@link OtlpMetricExporter}: those of every OTLP exporter, and what it asks of the SDK. */
export interface OtlpMetricExporterOptions extends OtlpExporterOptions {
  /**
   * Whether points count from the start of the process, or from the collection before: `cumulative`, `delta` or
   * `lowmemory`, or a number of OpenTelemetry's `AggregationTemporalityPreference`. Default `cumulative`.
   */
  readonly temporalityPreference?: TemporalityPreference | undefined;
  /** How histograms are aggregated, unless a view says otherwise. Default `explicit_bucket_histogram`. */
  readonly defaultHistogramAggregation?: HistogramAggregationName | undefined;
}

const NAME = 'OtlpMetricExporter';

/**
 * Sends metrics to an OTLP collector over HTTP. It is meant for {@link BackpressureMetricReader}, whose
 * controller retries. With OpenTelemetry's own `PeriodicExportingMetricReader` it works like any other exporter.
 *
 * @throws RangeError or TypeError that names option and value
 */
export class OtlpMetricExporter extends OtlpExporter<CollectedPoint, ResourceMetricsLike> {
  readonly #temporality: TemporalityPreferenceName;
  readonly #histograms: HistogramAggregationName;

  constructor(options: OtlpMetricExporterOptions = {}) {
    const { temporalityPreference: temporality, defaultHistogramAggregation: histograms, ...common } = options;
    super(NAME, 'metrics', metricFormat(), common);
    // The variables were read by the other options just now, which has warned of those that cannot be used.
    const variables = readOtlpExporterEnvironment('metrics');
    this.#temporality = temporalityPreference(temporality ?? variables.temporalityPreference ?? 'cumulative');
    this.#histograms = histogramAggregation(
      histograms ?? variables.defaultHistogramAggregation ?? 'explicit_bucket_histogram',
    );
  }

  /** @param instrumentType `InstrumentType` of the SDKs */
  selectAggregation(instrumentType: string): AggregationOptionLike {
    return aggregationOf(this.#histograms, instrumentType);
  }

  /** @param instrumentType `InstrumentType` of the SDKs */
  selectAggregationTemporality(instrumentType: string): number {
    return temporalityOf(this.#temporality, instrumentType);
  }
}

function metricFormat(): ExportFormat<CollectedPoint, ResourceMetricsLike> {
  const onAttributeDropped = attributeDropReport(NAME);
  const onExemplarsDropped = exemplarDropReport(NAME);
  return {
    newBuffer: ({ maxItemBytes }) => new MetricBuffer({ maxItemBytes, onAttributeDropped, onExemplarsDropped }),
    forEachItem: forEachPoint,
    resourcesOf: ({ resource }) => [resource],
  };
}
