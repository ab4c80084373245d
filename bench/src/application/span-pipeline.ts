import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { CountingMeterProvider } from './counting-meter-provider.ts';
import type { ApplicationPlan, PipelineAccounts, Variant } from './protocol.ts';

/** A span processor and what can be read from it. */
export interface SpanPipeline {
  readonly processor: SpanProcessor;
  accounts(): PipelineAccounts;
  /** Figures of the pipeline's state for the samples; always the same names. */
  sample(): Record<string, number>;
}

/** Builds the variant's pipeline. Only that variant's modules are loaded. */
export async function createSpanPipeline(plan: ApplicationPlan): Promise<SpanPipeline> {
  return await PIPELINES[plan.variant](plan);
}

const PIPELINES: Record<Variant, (plan: ApplicationPlan) => SpanPipeline | Promise<SpanPipeline>> = {
  noop: createNoopPipeline,
  upstream: createUpstreamPipeline,
  spillway: createSpillwayPipeline,
};

function createNoopPipeline(): SpanPipeline {
  const processor: SpanProcessor = {
    onStart() {},
    onEnd() {},
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  return { processor, accounts: () => ({ delivered: 0, lost: {} }), sample: () => ({}) };
}

async function createUpstreamPipeline({ url, processorOptions }: ApplicationPlan): Promise<SpanPipeline> {
  const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  const meterProvider = new CountingMeterProvider();
  const processor = new BatchSpanProcessor({
    ...processorOptions,
    exporter: new OTLPTraceExporter({ url }),
    selfObsMeterProvider: meterProvider,
  });
  return {
    processor,
    accounts() {
      const { '': delivered = 0, ...lost } = meterProvider.processed;
      return { delivered, lost };
    },
    sample: () => ({ queued: meterProvider.queueSize() }),
  };
}

async function createSpillwayPipeline({ url, processorOptions }: ApplicationPlan): Promise<SpanPipeline> {
  const { BackpressureSpanProcessor, OtlpSpanExporter } = await import('@spillway/trace');
  const processor = new BackpressureSpanProcessor({ ...processorOptions, exporter: new OtlpSpanExporter({ url }) });
  return {
    processor,
    accounts() {
      const metrics = processor.getMetrics();
      return {
        offered: metrics.eventsOffered,
        delivered: metrics.eventsFlushed,
        lost: Object.fromEntries(Object.entries(metrics.droppedByReason).filter(([, count]) => count > 0)),
      };
    },
    sample() {
      const metrics = processor.getMetrics();
      return {
        queued: metrics.bufferSize,
        queuedBytes: metrics.bufferBytes,
        inFlight: metrics.inFlight,
        concurrency: metrics.concurrency,
        batchSize: metrics.batchSize,
        flushIntervalMillis: metrics.flushIntervalMs,
        utilization: metrics.bufferUtilization,
        lastFlushLatencyMillis: metrics.lastFlushLatencyMs,
        delivered: metrics.eventsFlushed,
        retried: metrics.eventsRetried,
        lost: metrics.eventsDropped + metrics.eventsFailed,
      };
    },
  };
}
