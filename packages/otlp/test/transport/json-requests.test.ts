import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { jsonBody } from '../../src/transport/body-encoding.ts';
import { createFetchTransport } from '../../src/transport/fetch-transport.ts';
import { createHttpTransport } from '../../src/transport/http-transport.node.ts';
import type { OtlpTransport } from '../../src/transport/transport.ts';
import type { OtlpTransportOptions } from '../../src/transport/transport-options.ts';
import { startServer } from './local-server.ts';
import { bodyOf, errorOf, send } from './sending.ts';

/** `resource_logs` with only a `schema_url`, in two chunks that divide it. */
function schemaUrl(url: string) {
  const utf8 = Buffer.from(url);
  return bodyOf(Uint8Array.of(0x0a, utf8.length + 2, 0x1a), Uint8Array.of(utf8.length, ...utf8));
}

describe.each([
  ['node:http', createHttpTransport],
  ['fetch', createFetchTransport],
] as const)('%s: requests in JSON', (_, createTransport) => {
  const create = (options: OtlpTransportOptions): OtlpTransport => {
    const transport = createTransport({ proxyEnv: {}, ...options }, jsonBody('logs'));
    onTestFinished(async () => transport.shutdown());
    return transport;
  };

  it('say their type, and are the same request', async () => {
    const server = await startServer((response) => response.end('{}'));
    const transport = create({ url: server.url });
    expect(await send(transport, schemaUrl('https://é'))).toEqual({ kind: 'delivered' });
    expect(await send(transport, bodyOf())).toEqual({ kind: 'delivered' });
    expect(server.requests.map(({ body }) => JSON.parse(body.toString()))).toEqual([
      { resourceLogs: [{ schemaUrl: 'https://é' }] },
      {},
    ]);
    expect(server.requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(server.requests[0]?.body.length),
    });
  });

  it('are compressed as JSON', async () => {
    const server = await startServer((response) => response.end('{}'));
    const body = bodyOf(...Array.from({ length: 50 }, () => schemaUrl('https://schemas.test/1').chunks).flat());
    await send(create({ url: server.url, compression: 'gzip' }), body);
    expect(server.requests[0]?.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'application/json',
    });
    expect(JSON.parse(gunzipSync(server.requests[0]!.body).toString()).resourceLogs).toHaveLength(50);
  });

  it('learn from a partial success in JSON', async () => {
    const partialSuccess = { rejectedLogRecords: '3', errorMessage: 'too old' };
    const server = await startServer((response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ partialSuccess })),
    );
    expect(await send(create({ url: server.url }), schemaUrl('x'))).toMatchObject({ kind: 'delivered', rejected: 3 });
  });

  it('tell the message of a failure in JSON', async () => {
    const server = await startServer((response) =>
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"code":3,"message":"no such field"}'),
    );
    const outcome = await send(create({ url: server.url }), schemaUrl('x'));
    expect(outcome.kind).toBe('refused');
    expect(errorOf(outcome).message).toMatch(/: no such field$/);
  });

  it('are split if they are above maxRequestBytes only as JSON', async () => {
    const server = await startServer((response) => response.end('{}'));
    const outcome = await send(create({ url: server.url, maxRequestBytes: 30 }), schemaUrl('x'));
    expect(outcome).toMatchObject({ kind: 'too_large', unsent: true, error: { name: 'RequestTooLargeError' } });
    expect(server.requests).toEqual([]);
  });

  it('are refused if the bytes are no request, and nothing is sent', async () => {
    const server = await startServer((response) => response.end('{}'));
    const outcome = await send(create({ url: server.url }), bodyOf(Uint8Array.of(0x0a, 5)));
    expect(outcome).toMatchObject({ kind: 'refused', error: { name: 'RequestEncodingError' } });
    expect(server.requests).toEqual([]);
  });
});
