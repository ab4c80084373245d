import { ROOT_CONTEXT, type Span, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { BackpressureSpanProcessor, OtlpSpanExporter, type ReadableSpanLike } from '@spillway/trace';
import { describe, expect, it } from 'vitest';
import { describeProcessor } from '../../pipeline/test/processor/processor-contract.ts';
import { useProcessorSetup, withFields } from '../../pipeline/test/processor/processor-setup.ts';
import type {
  ItemSource,
  ProcessorSubject,
  SdkLine,
  UpstreamOptions,
  UpstreamProcessor,
} from '../../pipeline/test/processor/processor-subject.ts';
import { recordingExporter } from '../../pipeline/test/processor/scripted-exporter.ts';

/** One SDK line of traces: how to make its provider and its own batch processor. */
export interface TraceSdkLine extends SdkLine {
  provider(options: { spanProcessors: BackpressureSpanProcessor[]; resource?: object; sampled: boolean }): {
    getTracer(name: string, version?: string, options?: { schemaUrl?: string }): Tracer;
    shutdown(): Promise<void>;
  };
  batchProcessor(exporter: object, options?: UpstreamOptions): UpstreamProcessor;
}

/** The contract of processors for spans, with the parts that apply only to spans. */
export function describeSpanProcessor(line: TraceSdkLine): void {
  describe(`spans under SDK ${line.name}`, () => {
    const setup = useProcessorSetup(spansUnder(line));
    describeProcessor(setup);

    describe('a span', () => {
      it('arrives complete: name, attributes, scope, parent and ids', async () => {
        const processor = setup.processorWith();
        const tracer = tracerOf(line, [processor as BackpressureSpanProcessor]);
        const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
        const attributes = { method: 'GET', count: 3, ratio: 0.5, ok: true, tags: ['a', 'b'] };
        const span = tracer.startSpan('GET /', { attributes }, trace.setSpanContext(ROOT_CONTEXT, parent));
        span.addEvent('found', { rows: 7 });
        span.setStatus({ code: SpanStatusCode.ERROR, message: 'broken' });
        span.end();
        await processor.forceFlush();

        const received = setup.collector.spans()[0];
        expect(received?.span.name).toBe('GET /');
        expect(received?.span.attributes.map(({ key }) => key)).toEqual(['method', 'count', 'ratio', 'ok', 'tags']);
        expect(received?.span.events[0]?.name).toBe('found');
        expect(received?.span.status).toMatchObject({ code: 2, message: 'broken' });
        expect(received?.span.parentSpanId).toEqual(Buffer.from(parent.spanId, 'hex'));
        expect(received?.span.traceId).toEqual(Buffer.from(parent.traceId, 'hex'));
        expect(received?.scope).toMatchObject({ name: 'shop', version: '1.2.3' });
        expect(received?.scopeSchemaUrl).toBe('https://schema.example/1');
        expect(new Map(setup.collector.ids)).toEqual(new Map([[span.spanContext().spanId, 1]]));
      });

      it('is not exported before it has ended', async () => {
        const processor = setup.processorWith({ maxExportBatchSize: 2 });
        const tracer = tracerOf(line, [processor as BackpressureSpanProcessor]);
        const spans = Array.from({ length: 5 }, () => tracer.startSpan('span'));
        await processor.forceFlush();
        expect(processor.getMetrics().eventsOffered).toBe(0);
        expect(setup.collector.requests).toHaveLength(0);
        for (const span of spans) span.end();
        await processor.forceFlush();
        expect(setup.collector.counts().unique).toBe(5);
      });

      it('is not exported if it is not sampled', async () => {
        const processor = setup.processorWith();
        const tracer = tracerOf(line, [processor as BackpressureSpanProcessor], { sampled: false });
        for (let count = 0; count < 3; count += 1) tracer.startSpan('span').end();
        await processor.forceFlush();
        expect(setup.collector.requests).toHaveLength(0);
        expect(processor.getMetrics().eventsOffered).toBe(0);
      });
    });

    describe('a full buffer of spans', () => {
      it('with sample keeps whole traces: a trace is kept with all its spans or not at all', async () => {
        const exporter = recordingExporter<ReadableSpanLike>();
        const processor = setup.processorWith({
          exporter,
          strategy: 'sample',
          sampleRate: 2,
          maxQueueSize: 2_000,
          lowWatermark: 0,
        });
        const tracer = tracerOf(line, [processor as BackpressureSpanProcessor]);
        const parents = Array.from({ length: 400 }, (_, index) => tracer.startSpan(`span ${index}`));
        for (const parent of parents) parent.end();
        for (const parent of parents) setup.subject.give(processor, childOf(parent));
        await processor.forceFlush();
        const kept = new Map<string, number>();
        for (const span of exporter.exported)
          kept.set(span.spanContext().traceId, (kept.get(span.spanContext().traceId) ?? 0) + 1);
        expect(new Set(kept.values())).toEqual(new Set([2]));
        expect(kept.size).toBeGreaterThan(140);
        expect(kept.size).toBeLessThan(260);
        expect(processor.getMetrics().droppedByReason.sampled_out).toBe(800 - kept.size * 2);
      });
    });
  });
}

function spansUnder(line: TraceSdkLine): ProcessorSubject<ReadableSpanLike> {
  return {
    signal: 'traces',
    sdk: line,
    environmentPrefix: 'OTEL_BSP_',
    Processor: BackpressureSpanProcessor,
    OtlpExporter: OtlpSpanExporter,
    upstreamProcessor: (exporter, options) => line.batchProcessor(exporter, options),
    sourceWith: (processors, resource): ItemSource => {
      const provider = providerOf(line, processors as BackpressureSpanProcessor[], { resource });
      return {
        emit: (name) => provider.getTracer('shop').startSpan(name).end(),
        shutdown: () => provider.shutdown(),
      };
    },
    give: (processor, span) => (processor as BackpressureSpanProcessor).onEnd(span),
    nameOf: ({ name }) => name,
    received: (collector) => collector.spans().map(({ span, resource }) => ({ ...span, resource })),
    refused: (processor, reason) => processor.getMetrics().droppedByReason[reason],
  };
}

interface ProviderOptions {
  readonly resource?: object | undefined;
  readonly sampled?: boolean;
}

function providerOf(
  line: TraceSdkLine,
  spanProcessors: BackpressureSpanProcessor[],
  { resource, sampled = true }: ProviderOptions,
) {
  return line.provider({ spanProcessors, sampled, ...(resource === undefined ? {} : { resource }) });
}

function tracerOf(line: TraceSdkLine, processors: BackpressureSpanProcessor[], options: ProviderOptions = {}): Tracer {
  return providerOf(line, processors, options).getTracer('shop', '1.2.3', { schemaUrl: 'https://schema.example/1' });
}

/** A span of the same trace that ends after `parent`. */
function childOf(parent: Span): ReadableSpanLike {
  const spanContext = () => ({ ...parent.spanContext(), spanId: '00000000000000ff' });
  return withFields(parent as unknown as ReadableSpanLike, { spanContext });
}
