import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { contradictionsIn } from './accounting-law.ts';
import type { SpanPipeline } from './span-pipeline.ts';

/** Spillway's defaults. */
export function createSpillwayPipeline(url: string): SpanPipeline {
  const processor = new BackpressureSpanProcessor({ exporter: new OtlpSpanExporter({ url }) });
  return {
    processor,
    status(made) {
      const metrics = processor.getMetrics();
      return {
        state: metrics.circuit === 'closed' ? metrics.state : `${metrics.state}, circuit ${metrics.circuit}`,
        utilization: metrics.bufferUtilization,
        heldBytes: metrics.bufferBytes,
        delivered: metrics.eventsFlushed,
        lostByReason: Object.fromEntries(Object.entries(metrics.droppedByReason).filter(([, count]) => count > 0)),
        contradictions: contradictionsIn(metrics, made),
      };
    },
  };
}
