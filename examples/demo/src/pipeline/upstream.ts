import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import type { PerSignal } from '../signal.ts';
import type { Pipeline, Pipelines } from './pipeline.ts';
import { ProcessorMetrics } from './processor-metrics.ts';

/** OpenTelemetry's own pipelines with their defaults, except for the metrics that say why items are lost. */
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
