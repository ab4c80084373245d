import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { AggregationTemporality, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import type { PerSignal } from '../signal.ts';
import { CountingExporter } from './counting-exporter.ts';
import { COLLECTION_MILLIS, type Pipeline, type Pipelines } from './pipeline.ts';
import { ProcessorMetrics } from './processor-metrics.ts';

/**
 * OpenTelemetry's own pipelines with their defaults, except for the metrics that say why items are lost, and for how
 * metrics are collected.
 */
export function createUpstreamPipelines(urls: PerSignal<string>): Pipelines {
  const spans = new ProcessorMetrics('span');
  const logRecords = new ProcessorMetrics('log');
  return {
    traces: pipelineOf(
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: urls.traces }), selfObsMeterProvider: spans }),
      spans,
    ),
    logs: pipelineOf(
      new BatchLogRecordProcessor({
        exporter: new OTLPLogExporter({ url: urls.logs }),
        selfObsMeterProvider: logRecords,
      }),
      logRecords,
    ),
    metrics: metricPipeline(urls.metrics),
  };
}

/** It has no queue: what is not exported in time is given up. */
function metricPipeline(url: string): Pipelines['metrics'] {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum is that of the exporter's own packages
  const exporter = new CountingExporter({ url, temporalityPreference: AggregationTemporality.DELTA });
  return {
    processor: new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: COLLECTION_MILLIS,
      exportTimeoutMillis: COLLECTION_MILLIS,
    }),
    status: () => ({
      state: undefined,
      utilization: 0,
      heldBytes: undefined,
      delivered: exporter.delivered,
      lostByReason: { ...exporter.lostByReason },
      contradictions: [],
    }),
  };
}

function pipelineOf<Processor>(processor: Processor, metrics: ProcessorMetrics): Pipeline<Processor> {
  return {
    processor,
    status: () => ({
      state: undefined,
      utilization: metrics.queueUtilization(),
      heldBytes: undefined,
      delivered: metrics.delivered,
      lostByReason: { ...metrics.lostByReason },
      contradictions: [],
    }),
  };
}
