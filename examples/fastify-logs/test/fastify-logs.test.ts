import { type Collector, startCollector } from '@spillway/test/collector';
import { hex, readLog, type RunningProgram, startProgram } from '@spillway/test/example';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const EXAMPLE = new URL('..', import.meta.url);

// Runs the built packages.
describe('the example of Fastify', () => {
  let collector: Collector;
  let service: RunningProgram;
  let url: string;

  beforeEach(async () => {
    collector = await startCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_LOG_LEVEL: 'warn', PORT: '0' };
    service = startProgram(EXAMPLE, ['--import', './src/telemetry.ts', 'src/app.ts'], env);
    url = await service.said(/Server listening at ([^"]+)/);
  });

  afterEach(async () => {
    await service[Symbol.asyncDispose]();
    await collector.close();
  });

  const get = async (id: string): Promise<number> => (await fetch(`${url}/parcels/${id}`)).status;

  it('ships each line that Fastify and the application log once, and each carries its span', async () => {
    expect([await get('101'), await get('102'), await get('103')]).toEqual([200, 500, 404]);
    const { code, stdout, stderr } = await service.end('SIGTERM');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    const logs = collector.logRecords().map(readLog);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly msg: string; readonly span_id?: string });
    const short = (text: unknown, spanId = ''): string => `${String(text)} ${spanId}`;
    // The lines on stdout have the span too.
    expect(logs.map(({ body, spanId }) => short(body, spanId)).toSorted()).toEqual(
      lines.map(({ msg, span_id }) => short(msg, span_id)).toSorted(),
    );
    expect(logs).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          severity: '9 info',
          body: 'weighed',
          attributes: { reqId: 'req-1', parcel: '101', grams: 1_250 },
          service: 'parcels',
        }),
        expect.objectContaining({
          severity: '13 warn',
          body: 'no such parcel',
          attributes: { reqId: 'req-3', parcel: '103' },
        }),
        expect.objectContaining({
          severity: '17 error',
          body: '31000 g is too heavy',
          attributes: expect.objectContaining({
            'exception.type': 'RangeError',
            'exception.message': '31000 g is too heavy',
            'exception.stacktrace': expect.stringContaining('app.ts'),
          }),
        }),
      ]),
    );

    const spans = new Map(collector.spans().map(({ span }) => [hex(span.spanId), span]));
    const ofRequests = logs.filter(({ attributes }) => 'reqId' in attributes);
    expect(ofRequests).toHaveLength(9);
    for (const { spanId, traceId } of ofRequests) expect(hex(spans.get(spanId)?.traceId ?? null)).toBe(traceId);
    const servers = [...spans.values()]
      .filter(({ name }) => name === 'GET /parcels/:id')
      .map(({ traceId }) => hex(traceId));
    expect(new Set(servers)).toEqual(new Set(ofRequests.map(({ traceId }) => traceId)));
    expect(collector.counts()).toMatchObject({ duplicates: 0 });
  });
});
