import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { makeHttpServerSpan } from './http-server-span.ts';

const SPANS = 1_000;

/** Bytes that one span of the load adds to an OTLP request, on average, as upstream encodes it. */
export function measureEncodedSpan(): number {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = provider.getTracer('bench');
  for (let serial = 0; serial <= SPANS; serial++) makeHttpServerSpan(tracer, serial);
  const spans = exporter.getFinishedSpans();
  const sizeOf = (count: number): number => ProtobufTraceSerializer.serializeRequest(spans.slice(0, count))?.length ?? 0;
  return (sizeOf(SPANS + 1) - sizeOf(1)) / SPANS;
}
