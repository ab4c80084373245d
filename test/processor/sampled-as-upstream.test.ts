import { ProtobufLogsSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { describe, expect, it } from 'vitest';
import { makeLogRecord, SPAN_CONTEXT } from '../../packages/logs/test/make-log-record.ts';
import * as logs from '../../packages/logs/test/sampling/records-under-load.ts';
import { useFakeTime } from '../../packages/pipeline/test/processor/item-sink.ts';
import { makeSpan } from '../../packages/trace/test/sampling/make-span.ts';
import * as spans from '../../packages/trace/test/sampling/spans-under-load.ts';
import { decodeRequest } from '../encoding/request-of.ts';

useFakeTime();

const HIGH_CONTEXT = { ...SPAN_CONTEXT, traceId: '0af7651916cd43dd84ffffffffffffff' };

describe("the encoded form of a sampled item equals what upstream's serializer makes from the object for foreign exporters", () => {
  it.each([undefined, 'a=1', 'a=1,ot=x:1;th:4', 'ot=th:c,b=2'])('for a span with tracestate %s', async (traceState) => {
    const fields = {
      duration: [1, 0],
      ended: true,
      attributes: { a: 'b' },
      events: [{ name: 'e', time: [1, 1] }],
      status: { code: 1 },
    };
    const span = makeSpan({ fields, ...(traceState === undefined ? {} : { traceState }) });
    const [ours, theirs] = [spans.encodedSink(), spans.objectSink()];
    await spans.arrivedOf(spans.processorUnderLoad(ours), ours, [span]);
    await spans.arrivedOf(spans.processorUnderLoad(theirs), theirs, [span]);
    expect(ours.arrived()[0]?.traceState).toContain('th:');
    const serialized = ProtobufTraceSerializer.serializeRequest(theirs.exporter.exported as never) as Uint8Array;
    expect(decodeRequest('traces', ours.exporter.bodies[0] as Uint8Array)).toEqual(decodeRequest('traces', serialized));
  });

  it.each([
    ['no sampling attributes', {}],
    ['a threshold', { 'sampling.threshold': '4', a: 'b' }],
    ['randomness', { 'sampling.randomness': 'fffffffffffff0', a: 'b' }],
  ])('for a log record that came with %s', async (_, attributes) => {
    const record = makeLogRecord({ attributes, spanContext: HIGH_CONTEXT });
    const [ours, theirs] = [logs.encodedSink(), logs.objectSink()];
    await logs.arrivedOf(logs.processorUnderLoad(ours), ours, [record]);
    await logs.arrivedOf(logs.processorUnderLoad(theirs), theirs, [record]);
    expect(logs.valueIn(ours.arrived()[0], 'sampling.threshold')).toBe('8000');
    const serialized = ProtobufLogsSerializer.serializeRequest(theirs.exporter.exported as never) as Uint8Array;
    expect(decodeRequest('logs', ours.exporter.bodies[0] as Uint8Array)).toEqual(decodeRequest('logs', serialized));
  });
});
