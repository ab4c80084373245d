import { type ReadableSpan, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { makeHttpServerSpan } from './http-server-span.ts';
import type { SignalUnderLoad } from './signal-under-load.ts';

export const spans: SignalUnderLoad<ReadableSpan, SpanProcessor> = {
  metricName: 'span',

  createSource(processor) {
    const provider = new TracerProvider({ spanProcessors: [processor] });
    const tracer = provider.getTracer('bench', '1.0.0');
    return {
      make: (serial) => makeHttpServerSpan(tracer, serial),
      flush: () => provider.forceFlush(),
      shutdown: () => provider.shutdown(),
    };
  },

  createTap: (onItem) => ({
    onStart() {},
    onEnd: onItem,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }),

  async createUpstream({ url, processorOptions, selfObsMeterProvider }) {
    const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace');
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
    return new BatchSpanProcessor({
      ...processorOptions,
      exporter: new OTLPTraceExporter({ url }),
      selfObsMeterProvider,
    });
  },

  async createSpillway({ url, processorOptions, spool }) {
    const { BackpressureSpanProcessor, OtlpSpanExporter } = await import('@spillway/trace');
    return new BackpressureSpanProcessor({ ...processorOptions, spool, exporter: new OtlpSpanExporter({ url }) });
  },

  async serialize(items) {
    const { ProtobufTraceSerializer } = await import('@opentelemetry/otlp-transformer');
    return ProtobufTraceSerializer.serializeRequest(items) ?? new Uint8Array();
  },
};
