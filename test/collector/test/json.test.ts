import { zstdCompressSync } from 'node:zlib';
import { JsonLogsSerializer, JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { LOG_RECORD_ID_ATTRIBUTE, startCollector } from '../src/index.ts';
import { traceBody } from './bodies.ts';
import { post } from './client.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

function spansInJson(count: number): { readonly body: Uint8Array; readonly ids: readonly string[] } {
  const exporter = new InMemorySpanExporter();
  const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer('json');
  for (let index = 0; index < count; index += 1) tracer.startSpan('span', { attributes: { index } }).end();
  const spans = exporter.getFinishedSpans();
  return {
    body: JsonTraceSerializer.serializeRequest(spans) as Uint8Array,
    ids: spans.map((span) => span.spanContext().spanId),
  };
}

describe('a request in JSON', () => {
  it.each(['full', 'ids'] as const)(
    'is counted like one in protobuf, and answered in JSON, with decode: %s',
    async (decode) => {
      await using collector = await startCollector({ decode });
      const { body, ids } = spansInJson(3);
      const answer = await post(collector.url, body, { headers: JSON_TYPE });
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
      expect([...collector.ids].map(([id]) => id).toSorted()).toEqual(ids.toSorted());
      expect(collector.requests[0]).toMatchObject({ bytes: body.length, items: 3, acceptedItems: 3 });
    },
  );

  it('is decoded with its values', async () => {
    await using collector = await startCollector();
    await post(collector.url, spansInJson(2).body, { headers: { 'content-type': 'application/json; charset=utf-8' } });
    expect(collector.spans()[1]?.span.attributes[0]).toMatchObject({ key: 'index' });
    expect(String(collector.spans()[1]?.span.attributes[0]?.value?.intValue)).toBe('1');
  });

  it('may carry log records', async () => {
    await using collector = await startCollector();
    const exporter = new InMemoryLogRecordExporter();
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
    provider.getLogger('json').emit({ body: 'x', attributes: { [LOG_RECORD_ID_ATTRIBUTE]: 'a' } });
    const body = JsonLogsSerializer.serializeRequest(exporter.getFinishedLogRecords()) as Uint8Array;
    await post(collector.url, body, { path: '/v1/logs', headers: JSON_TYPE });
    expect(collector.idsOf('logs').get('a')).toBe(1);
  });

  it('gets a partial success, and the reason of a refusal, in JSON', async () => {
    await using collector = await startCollector();
    collector.queueFaults({ kind: 'partial-success', rejected: 1, message: 'old' }, { kind: 'status', code: 400 });
    const { body } = spansInJson(2);
    const partial = await post(collector.url, body, { headers: JSON_TYPE });
    expect(JSON.parse(partial.body.toString())).toEqual({
      partialSuccess: { rejectedSpans: '1', errorMessage: 'old' },
    });
    const refusal = await post(collector.url, body, { headers: JSON_TYPE });
    expect(JSON.parse(refusal.body.toString())).toEqual({ message: 'fault: 400' });
  });

  it.each([
    ['is no JSON', '{'],
    ['is no object', '1'],
    ['has an id that is not in hex', '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"x","spanId":"x"}]}]}]}'],
    ['has a span without an id', '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"x"}]}]}]}'],
  ])('is refused with 400 if it %s', async (_, json) => {
    await using collector = await startCollector();
    const answer = await post(collector.url, Buffer.from(json), { headers: JSON_TYPE });
    expect(answer.status).toBe(400);
    expect(collector.ids.size).toBe(0);
  });
});

it('a request may be compressed with zstd', async () => {
  await using collector = await startCollector();
  const { body, ids } = traceBody(5);
  const packed = zstdCompressSync(body);
  const answer = await post(collector.url, packed, { headers: { 'content-encoding': 'zstd' } });
  expect(answer.status).toBe(200);
  expect([...collector.ids].map(([id]) => id).toSorted()).toEqual(ids.toSorted());
  expect(collector.requests[0]?.bytes).toBe(packed.length);
});
