import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { ProcessorMetrics } from './processor-metrics.ts';
import type { SpanPipeline } from './span-pipeline.ts';

/** OpenTelemetry's own pipeline with its defaults, but for the metrics that tell why spans are lost. */
export function createUpstreamPipeline(url: string): SpanPipeline {
  const metrics = new ProcessorMetrics();
  const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }), selfObsMeterProvider: metrics });
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
