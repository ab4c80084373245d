import { createTraceState, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpanLike } from '@spillway/trace';
import { describe, expect, it } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { type SamplingSdkLine, HIGH_TRACE, LOW_TRACE, steeredIds } from './sampling-sdk-line.ts';
import { objectSink, processorUnderLoad } from './spans-under-load.ts';

/** The fields of a `ReadableSpan` of both lines. */
const FIELDS = [
  ...[
    'name',
    'kind',
    'parentSpanContext',
    'startTime',
    'endTime',
    'duration',
    'ended',
    'status',
    'attributes',
    'links',
    'events',
  ],
  ...['resource', 'instrumentationScope', 'droppedAttributesCount', 'droppedEventsCount', 'droppedLinksCount'],
] as const;

const PARENT = { traceId: HIGH_TRACE, spanId: 'b7ad6b7169203331', traceFlags: 1, isRemote: true };

/** The spans that foreign exporters get, made from the spans of an SDK. */
export function describeMarkedSpans(line: SamplingSdkLine): void {
  describe(`sampled spans of SDK ${line.name}, as a foreign exporter gets them,`, () => {
    useFakeTime();

    /** Ends a span that has every field, and exports it. */
    async function exportedOf(
      traceState: string,
      { code = SpanStatusCode.OK, look = () => {} }: { code?: SpanStatusCode; look?: (span: Span) => void } = {},
    ) {
      const sink = objectSink();
      const processor = processorUnderLoad(sink);
      const ids = steeredIds();
      const tracer = line.provider({ spanProcessors: [processor], idGenerator: ids }).getTracer('shop');
      const context = trace.setSpanContext(ROOT_CONTEXT, { ...PARENT, traceState: createTraceState(traceState) });
      const links = [{ context: { ...PARENT, traceId: LOW_TRACE }, attributes: { because: 'retry' } }];
      const span = tracer.startSpan(
        'GET /orders',
        { kind: SpanKind.SERVER, attributes: { method: 'GET', tags: ['a'] }, links, startTime: [1_700_000_000, 0] },
        context,
      );
      span.addEvent('found', { rows: 7 });
      span.setStatus({ code });
      look(span);
      span.end([1_700_000_002, 5]);
      await processor.forceFlush();
      const [exported] = sink.exporter.exported;
      if (exported === undefined) throw new Error('nothing was exported');
      return { exported, span: span as Span & ReadableSpanLike };
    }

    it('have a tracestate with the threshold, which can be used like any other tracestate', async () => {
      const { exported } = await exportedOf('a=1,ot=th:4;rv:ffffffffffffff');
      const traceState = exported.spanContext().traceState as ReturnType<typeof createTraceState>;
      expect(traceState.serialize()).toBe('ot=th:8000;rv:ffffffffffffff,a=1');
      expect(traceState.get('ot')).toBe('th:8000;rv:ffffffffffffff');
      expect(traceState.get('a')).toBe('1');
      expect(traceState.get('b')).toBeUndefined();
      expect(traceState.set('b', '2').unset('a').serialize()).toBe('b=2,ot=th:8000;rv:ffffffffffffff');
      expect(exported.spanContext()).toBe(exported.spanContext());
    });

    it('have all other fields of the original span', async () => {
      const { exported, span } = await exportedOf('ot=th:4');
      expect(exported).not.toBe(span);
      expect({ ...exported.spanContext(), traceState: undefined }).toEqual({
        ...span.spanContext(),
        traceState: undefined,
      });
      const [read, made] = [exported, span] as unknown as Record<string, unknown>[];
      for (const field of FIELDS) {
        expect(made?.[field]).toBeDefined();
        expect(read?.[field]).toBe(made?.[field]);
      }
      expect(exported).toMatchObject({
        name: 'GET /orders',
        kind: 1,
        duration: [2, 5],
        ended: true,
        status: { code: 1 },
        attributes: { method: 'GET', tags: ['a'] },
      });
      expect(exported).toBeInstanceOf(span.constructor);
    });

    it('do not change the original span or the context that is propagated from it', async () => {
      let context: object | undefined;
      let traceState: object | undefined;
      const { span } = await exportedOf('a=1,ot=th:4', {
        look: (live) => {
          context = live.spanContext();
          traceState = live.spanContext().traceState;
        },
      });
      expect(span.spanContext()).toBe(context);
      expect(span.spanContext().traceState).toBe(traceState);
      expect(span.spanContext().traceState?.serialize()).toBe('a=1,ot=th:4');
      expect(Object.hasOwn(span, 'spanContext')).toBe(false);
    });

    it('are the original objects if they are exempt, or if their earlier sampling is unknown', async () => {
      const error = await exportedOf('ot=th:4', { code: SpanStatusCode.ERROR });
      expect(error.exported).toBe(error.span);
      const unknown = await exportedOf('a=1');
      expect(unknown.exported).toBe(unknown.span);
    });
  });
}
