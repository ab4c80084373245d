import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { SignalUnderLoad } from './signal-under-load.ts';
import { spans } from './spans.ts';

/** The same spans, sent over gRPC by both pipelines. */
export const spansOverGrpc: SignalUnderLoad<ReadableSpan, SpanProcessor> = {
  ...spans,

  async createUpstream({ url, processorOptions, selfObsMeterProvider }) {
    const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace');
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc');
    return new BatchSpanProcessor({
      ...processorOptions,
      exporter: new OTLPTraceExporter({ url }),
      selfObsMeterProvider,
    });
  },

  async createSpillway({ url, processorOptions }) {
    const { BackpressureSpanProcessor, OtlpSpanExporter } = await import('@spillway/trace');
    const exporter = new OtlpSpanExporter({ url, protocol: 'grpc' });
    return new BackpressureSpanProcessor({ ...processorOptions, exporter });
  },
};
