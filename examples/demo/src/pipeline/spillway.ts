import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
import { BackpressureMetricReader, OtlpMetricExporter } from '@spillway/metrics';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import type { PerSignal } from '../signal.ts';
import { contradictionsIn, type SpillwayMetrics } from './accounting-law.ts';
import { CollectedMeasurements } from './collected-measurements.ts';
import { COLLECTION_MILLIS, type Pipeline, type Pipelines, type PipelineStatus } from './pipeline.ts';

/**
 * Spillway's pipelines with their defaults, except for how metrics are collected.
 * @param measured how many measurements were made so far
 */
export function createSpillwayPipelines(urls: PerSignal<string>, measured: () => number): Pipelines {
  return {
    traces: pipelineOf(new BackpressureSpanProcessor({ exporter: new OtlpSpanExporter({ url: urls.traces }) })),
    logs: pipelineOf(new BackpressureLogRecordProcessor({ exporter: new OtlpLogRecordExporter({ url: urls.logs }) })),
    metrics: metricPipeline(urls.metrics, measured),
  };
}

/** The reader counts data points, so measurements are counted beside it. */
function metricPipeline(url: string, measured: () => number): Pipelines['metrics'] {
  const measurements = new CollectedMeasurements(measured);
  const reader = new BackpressureMetricReader({
    exporter: new OtlpMetricExporter({ url, temporalityPreference: 'delta' }),
    exportIntervalMillis: COLLECTION_MILLIS,
    metricProducers: [measurements],
  });
  return {
    processor: reader,
    status() {
      const metrics = reader.getMetrics();
      const status = statusOf(metrics, metrics.eventsOffered);
      measurements.note({ held: metrics.bufferSize + metrics.inFlight, lostByReason: status.lostByReason });
      const { delivered, lostByReason } = measurements;
      return { ...status, delivered, lostByReason: { ...lostByReason } };
    },
  };
}

/** The processors of spans and log records report the same metrics. */
function pipelineOf<Processor extends { getMetrics(): SpillwayMetrics }>(processor: Processor): Pipeline<Processor> {
  return { processor, status: (made) => statusOf(processor.getMetrics(), made) };
}

function statusOf(metrics: SpillwayMetrics, made: number): PipelineStatus {
  return {
    state: metrics.circuit === 'closed' ? metrics.state : `${metrics.state}, circuit ${metrics.circuit}`,
    utilization: metrics.bufferUtilization,
    heldBytes: metrics.bufferBytes,
    delivered: metrics.eventsFlushed,
    lostByReason: Object.fromEntries(Object.entries(metrics.droppedByReason).filter(([, count]) => count > 0)),
    contradictions: contradictionsIn(metrics, made),
  };
}
