import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Tracer, TraceFlags } from '@opentelemetry/api';
import { TraceState } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import { BasicTracerProvider, type ReadableSpan as ReadableSpan2 } from '@opentelemetry/sdk-trace-base';
import { type ReadableSpanLike, SpanEncoder } from '@spillway/trace';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { decodeRequest, requestOf } from './request-of.ts';
import { expectSpanSameAsUpstream } from './same-as-upstream.ts';
import { anySpan } from './span-arbitrary.ts';

/** A processor that keeps the ended spans. */
function collector<Span>(spans: Span[]) {
  return {
    onStart: () => {},
    onEnd: (span: Span) => void spans.push(span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

/** A span with everything that an application can set. */
function makeRichSpan(tracer: Tracer): void {
  const remote = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
    traceState: new TraceState('ot=th:8,vendor=x'),
  };
  const span = tracer.startSpan(
    'GET /orders/{id}',
    {
      kind: SpanKind.SERVER,
      attributes: { early: true },
      links: [{ context: remote, attributes: { reason: 'retry' } }],
    },
    trace.setSpanContext(ROOT_CONTEXT, remote),
  );
  span.setAttributes({
    text: 'é漢😀',
    whole: 200,
    fraction: 0.5,
    flags: [true, false],
    sizes: [1, 2.5],
    tags: ['a', 'b'],
  });
  span.addEvent('cache.miss', { key: 'k' });
  span.recordException(new Error('out of stock'));
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'out of stock' });
  span.end();
}

describe('an encoded span, read with upstream’s definitions', () => {
  it('is the same as upstream’s serializer makes, whatever the span holds', () => {
    const encoder = new SpanEncoder();
    fc.assert(
      fc.property(anySpan, (span) => expectSpanSameAsUpstream(span, encoder)),
      { numRuns: 300 },
    );
  });

  it('is the same for spans that the 3.x SDK made', () => {
    const spans: ReadableSpan[] = [];
    const provider = new TracerProvider({
      resource: resourceFromAttributes(
        { 'service.name': 'shop', ports: [1, 2] },
        { schemaUrl: 'https://schemas.test/1' },
      ),
      spanProcessors: [collector(spans)],
    });
    const tracer = provider.getTracer('@shop/http', '1.2.0', { schemaUrl: 'https://schemas.test/2' });
    makeRichSpan(tracer);
    tracer.startSpan('bare').end();
    const nested = tracer.startSpan('nested');
    nested.setAttributes({
      map: { a: [1, { b: null }], bytes: Uint8Array.of(1) },
      mixed: ['a', 1, null],
      nothing: null,
    });
    nested.end();
    expect(spans).toHaveLength(3);
    for (const span of spans) expectSpanSameAsUpstream(span);
  });

  it('is the same for spans that the 2.x SDK made', () => {
    const spans: ReadableSpan2[] = [];
    const provider = new BasicTracerProvider({ spanProcessors: [collector(spans)] });
    const tracer = provider.getTracer('@shop/http', '1.2.0');
    makeRichSpan(tracer);
    tracer.startSpan('bare').end();
    expect(spans).toHaveLength(2);
    for (const span of spans) expectSpanSameAsUpstream(span);
  });

  it('has flags that say that it was sampled and that its parent and its link are remote', () => {
    const flags = (span: unknown) =>
      JSON.stringify(decodeRequest('traces', requestOf(span as ReadableSpanLike, new SpanEncoder()))).match(
        /"flags":\d+/g,
      );
    const spans: ReadableSpan[] = [];
    makeRichSpan(new TracerProvider({ spanProcessors: [collector(spans)] }).getTracer('t'));
    expect(flags(spans[0])).toEqual(['"flags":769', '"flags":769']);
  });
});

describe('the types that the encoder reads', () => {
  it('are compatible with those of both SDK lines', () => {
    expectTypeOf<ReadableSpan>().toExtend<ReadableSpanLike>();
    expectTypeOf<ReadableSpan2>().toExtend<ReadableSpanLike>();
  });
});
