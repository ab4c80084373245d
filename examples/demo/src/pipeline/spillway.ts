import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import type { PerSignal } from '../signal.ts';
import { contradictionsIn, type SpillwayMetrics } from './accounting-law.ts';
import type { Pipeline, Pipelines } from './pipeline.ts';

/** Spillway's pipelines with their defaults. */
export function createSpillwayPipelines(urls: PerSignal<string>): Pipelines {
  return {
    traces: pipelineOf(new BackpressureSpanProcessor({ exporter: new OtlpSpanExporter({ url: urls.traces }) })),
    logs: pipelineOf(new BackpressureLogRecordProcessor({ exporter: new OtlpLogRecordExporter({ url: urls.logs }) })),
  };
}

/** The processors of both signals report the same metrics. */
function pipelineOf<Processor extends { getMetrics(): SpillwayMetrics }>(processor: Processor): Pipeline<Processor> {
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
