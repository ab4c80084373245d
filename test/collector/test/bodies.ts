import { type Meter, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';
import {
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { LOG_RECORD_ID_ATTRIBUTE } from '../src/index.ts';

export interface TraceBody {
  readonly body: Uint8Array;
  /** In the order of the request. */
  readonly ids: readonly string[];
  readonly spanContexts: readonly SpanContext[];
}

/** A request made by upstream's SDK and serializer, with spans of two scopes. */
export function traceBody(spanCount: number): TraceBody {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracers = [provider.getTracer('first', '1.0.0'), provider.getTracer('second')];
  for (let index = 0; index < spanCount; index += 1) {
    const tracer = tracers[index % 2 === 0 ? 0 : 1]!;
    const span = tracer.startSpan(`span ${index}`, {
      attributes: { index, name: 'näme', list: ['a', 'b'], ratio: 0.5 },
    });
    span.addEvent('event', { at: index });
    span.end();
  }
  const spans = exporter.getFinishedSpans();
  const byScope = [0, 1].flatMap((scope) => spans.filter((_, index) => index % 2 === scope));
  return {
    body: present(ProtobufTraceSerializer.serializeRequest(spans)),
    ids: byScope.map((span) => span.spanContext().spanId),
    spanContexts: byScope.map((span) => span.spanContext()),
  };
}

/** A request with log records. A given uid becomes an attribute, and a given span context becomes the record's. */
export function logBody(
  uids: readonly (string | undefined)[],
  spanContexts: readonly (SpanContext | undefined)[] = [],
): Uint8Array {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
  const logger = provider.getLogger('logs');
  for (const [index, uid] of uids.entries()) {
    const spanContext = spanContexts[index];
    logger.emit({
      context: spanContext === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext),
      body: 'something happened',
      attributes: { other: 1, ...(uid === undefined ? {} : { [LOG_RECORD_ID_ATTRIBUTE]: uid }), last: 'attribute' },
    });
  }
  return present(ProtobufLogsSerializer.serializeRequest(exporter.getFinishedLogRecords()));
}

/** An application's metrics, collected by upstream's SDK and made into requests by upstream's serializer. */
export class MetricBodies {
  readonly #reader: CollectingReader;
  readonly meter: Meter;

  constructor(temporality: keyof typeof AggregationTemporality) {
    this.#reader = new CollectingReader({ aggregationTemporalitySelector: () => AggregationTemporality[temporality] });
    this.meter = new MeterProvider({ readers: [this.#reader] }).getMeter('meter', '1.0.0');
  }

  /** Collects. */
  async next(): Promise<Uint8Array> {
    const { resourceMetrics } = await this.#reader.collect();
    return present(ProtobufMetricsSerializer.serializeRequest(resourceMetrics));
  }
}

class CollectingReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('upstream made no body');
  return value;
}
