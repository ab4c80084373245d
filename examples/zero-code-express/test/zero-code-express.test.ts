import { type Collector, startCollector } from '@spillway/test/collector';
import { hex, type RunningProgram, startProgram } from '@spillway/test/example';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { installExample } from './install.ts';

const EXAMPLE = new URL('..', import.meta.url);

/** The first installation downloads packages. */
const INSTALL_MILLIS = 120_000;

const SERVER = 2;
const CLIENT = 3;

interface Span {
  readonly name: string;
  readonly kind: unknown;
  readonly traceId: string;
  readonly id: string;
  readonly parent: string;
}

// Runs the built packages.
describe('the zero-code example with Express', () => {
  let collector: Collector;
  let service: RunningProgram;
  let url: string;

  beforeAll(() => installExample(EXAMPLE), INSTALL_MILLIS);

  beforeEach(async () => {
    collector = await startCollector();
    service = startProgram(EXAMPLE, ['--import', '@spillway/node/register', 'src/app.js'], {
      OTEL_SERVICE_NAME: 'bookshop',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,express,undici',
      PORT: '0',
    });
    url = await service.said(/listening on (\S+)/);
  });

  afterEach(async () => {
    await service[Symbol.asyncDispose]();
    await collector.close();
  });

  const get = async (title: string): Promise<number> => (await fetch(`${url}/books/${title}`)).status;

  const spans = (): Span[] =>
    collector.spans().map(({ span }) => ({
      name: span.name ?? '',
      kind: span.kind,
      traceId: hex(span.traceId),
      id: hex(span.spanId),
      parent: hex(span.parentSpanId),
    }));

  it('ships a trace of each request, with the route and the call that it made, and loses none at SIGTERM', async () => {
    expect([await get('Walden'), await get('Emma'), await get('Ulysses')]).toEqual([200, 404, 500]);
    const { signal, stderr } = await service.end('SIGTERM');
    expect(signal).toBe('SIGTERM');
    expect(stderr).toContain('3 instrumentations');
    expect(stderr).not.toMatch(/^otel (warn|error)/m);

    const all = spans();
    const byId = new Map(all.map((span) => [span.id, span]));
    const requests = all.filter(({ name }) => name === 'GET /books/:title');
    expect(requests).toHaveLength(3);
    for (const { kind, parent, traceId } of requests) {
      expect({ kind, parent }).toEqual({ kind: SERVER, parent: '' });
      const called = all.find((span) => span.traceId === traceId && span.name === 'GET /prices/:title');
      const call = byId.get(called?.parent ?? '');
      expect(call).toMatchObject({ name: 'GET', kind: CLIENT, traceId });
      // This span comes from Express; the http instrumentation does not make it.
      expect(byId.get(call?.parent ?? '')).toMatchObject({ name: 'request handler', traceId });
    }
    expect(
      collector.spans()[0]?.resource?.attributes.find(({ key }) => key === 'service.name')?.value?.stringValue,
    ).toBe('bookshop');
    expect(all).toHaveLength(15);
    expect(collector.counts().duplicates).toBe(0);
    // Of three requests, and of the calls that two of them make.
    expect(collector.totalOf('http.server.request.duration', { 'http.route': '/books/:title' })).toBe(3);
  });
});
