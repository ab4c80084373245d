import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OtlpTransport } from '../../src/transport/transport.ts';
import type { OtlpTransportOptions } from '../../src/transport/transport-options.ts';
import { refusedUrl, startRawServer, startServer, startSocketServer } from './local-server.ts';
import { bodyOf, errorOf, partialSuccessBytes, send } from './sending.ts';

const MEBIBYTE = 2 ** 20;

const answer200 = (response: ServerResponse) => response.end();

/** The requirements of every transport, tested on real sockets. */
export function describeTransportContract(
  name: string,
  createTransport: (options: OtlpTransportOptions) => OtlpTransport,
): void {
  const create = (options: OtlpTransportOptions): OtlpTransport => {
    const transport = createTransport(options);
    onTestFinished(async () => transport.shutdown());
    return transport;
  };

  describe(`${name}: the request`, () => {
    it('posts the chunks as one body, with its type and length, to the whole url', async () => {
      const server = await startServer(answer200);
      const outcome = await send(create({ url: `${server.url}?tenant=a%20b` }), bodyOf('sp', '', 'an', 's'));
      expect(outcome).toEqual({ kind: 'delivered' });
      const [request] = server.requests;
      expect(request).toMatchObject({ method: 'POST', url: '/v1/traces?tenant=a%20b', body: Buffer.from('spans') });
      expect(request?.headers).toMatchObject({ 'content-type': 'application/x-protobuf', 'content-length': '5' });
      expect(request?.headers).not.toHaveProperty('transfer-encoding');
      expect(request?.headers).not.toHaveProperty('content-encoding');
    });

    it('carries megabytes unchanged', async () => {
      const server = await startServer(answer200);
      const chunks = Array.from({ length: 40 }, (_, index) => new Uint8Array(100_000).fill(index));
      await send(create({ url: server.url }), bodyOf(...chunks));
      expect(server.requests[0]?.body.equals(Buffer.concat(chunks))).toBe(true);
    });

    it('sends an empty body, which is an empty request', async () => {
      const server = await startServer(answer200);
      expect(await send(create({ url: server.url }), bodyOf())).toEqual({ kind: 'delivered' });
      expect(server.requests[0]?.headers['content-length']).toBe('0');
    });

    it('has a user agent, after the product that the user names', async () => {
      const server = await startServer(answer200);
      await send(create({ url: server.url }));
      await send(create({ url: server.url, userAgent: 'shop/1.4' }));
      expect(server.requests.map(({ headers }) => headers['user-agent'])).toEqual([
        expect.stringMatching(/^Spillway-OTLP-Exporter-JavaScript\/\d/),
        expect.stringMatching(/^shop\/1\.4 Spillway-OTLP-Exporter-JavaScript\/\d/),
      ]);
    });

    it("sends the user's headers, but not instead of its own", async () => {
      const server = await startServer(answer200);
      const headers = {
        'X-Tenant': 'a',
        'Content-Type': 'text/plain',
        'content-encoding': 'br',
        'User-Agent': 'x',
        'Content-Length': '1',
      };
      await send(create({ url: server.url, headers }));
      expect(server.requests[0]?.headers).toMatchObject({
        'x-tenant': 'a',
        'content-type': 'application/x-protobuf',
        'content-length': '5',
      });
      expect(server.requests[0]?.headers).not.toHaveProperty('content-encoding');
      expect(server.requests[0]?.headers['user-agent']).not.toBe('x');
    });

    it.for([
      ['a function', (count: number) => ({ 'x-count': String(count) })],
      ['an async function', async (count: number) => ({ 'x-count': String(count) })],
    ] as const)('calls %s for headers before each request', async ([, headers]) => {
      const server = await startServer(answer200);
      let count = 0;
      const transport = create({ url: server.url, headers: () => headers(++count) });
      await send(transport);
      await send(transport);
      expect(server.requests.map((request) => request.headers['x-count'])).toEqual(['1', '2']);
    });

    it.for([
      [
        'throws',
        () => {
          throw new Error('no token');
        },
      ],
      [
        'rejects',
        async () => {
          throw new Error('no token');
        },
      ],
      ['returns no headers', () => 'no token' as never],
      ['returns a header that cannot be sent', () => ({ authorization: 'secret\nno token' })],
    ] as const)('is a temporary failure if the headers function %s', async ([, headers]) => {
      const server = await startServer(answer200);
      const outcome = await send(create({ url: server.url, headers }));
      expect(outcome).toMatchObject({ kind: 'retry', denied: true });
      expect(errorOf(outcome)).toMatchObject({ name: 'RequestHeadersError' });
      expect(errorOf(outcome).message).not.toContain('secret');
      expect(server.requests).toEqual([]);
    });

    it('includes the headers function in the time of the attempt', async () => {
      const server = await startServer(answer200);
      const outcome = await send(
        create({ url: server.url, timeoutMillis: 20, headers: async () => new Promise(() => {}) }),
      );
      expect(outcome).toMatchObject({ kind: 'retry', timedOut: true });
    });

    it('turns user information of the url into a header', async () => {
      const server = await startServer(answer200);
      await send(create({ url: server.url.replace('//', '//us%20er:p%40ss@') }));
      expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('us er:p@ss').toString('base64')}`);
    });

    it('is compressed with gzip on request', async () => {
      const server = await startServer(answer200);
      const chunks = Array.from({ length: 20 }, (_, index) => new Uint8Array(50_000).fill(index));
      expect(await send(create({ url: server.url, compression: 'gzip' }), bodyOf(...chunks))).toEqual({
        kind: 'delivered',
      });
      const [request] = server.requests;
      expect(request?.headers['content-encoding']).toBe('gzip');
      expect(Number(request?.headers['content-length'])).toBe(request?.body.length);
      expect(gunzipSync(request?.body ?? '').equals(Buffer.concat(chunks))).toBe(true);
    });

    it('keeps its connection for the next request', async () => {
      const server = await startServer((response) => response.end(partialSuccessBytes(0, '')));
      const transport = create({ url: server.url });
      for (let count = 0; count < 8; count++) await send(transport, bodyOf(new Uint8Array(MEBIBYTE)));
      expect(server.requests).toHaveLength(8);
      // Some implementations of fetch open a second one before they see that the first is free.
      expect(server.connections.length).toBeLessThanOrEqual(2);
    });

    it('is not sent if it is above maxRequestBytes', async () => {
      const server = await startServer(answer200);
      const transport = create({ url: server.url, maxRequestBytes: 5 });
      expect(await send(transport, bodyOf('spans!'))).toMatchObject({
        kind: 'too_large',
        error: { name: 'RequestTooLargeError' },
      });
      expect(await send(transport, bodyOf('spans'))).toEqual({ kind: 'delivered' });
      expect(server.requests).toHaveLength(1);
    });

    it('is not sent after shutdown', async () => {
      const server = await startServer(answer200);
      const transport = create({ url: server.url });
      await transport.shutdown();
      expect(await send(transport)).toMatchObject({ kind: 'retry', error: { name: 'TransportClosedError' } });
      expect(server.connections).toEqual([]);
    });
  });

  describe(`${name}: credentials`, () => {
    /** A server that accepts one token at a time. */
    const startGuardedServer = async (status: number) => {
      const guard = { token: 'old' };
      const server = await startServer((response, { headers }) =>
        response.writeHead(headers.authorization === guard.token ? 200 : status).end(),
      );
      return { ...server, guard };
    };

    it.for([401, 403])('from a function are requested again for the next attempt after %i', async (status) => {
      const server = await startGuardedServer(status);
      let token = 'old';
      const transport = create({ url: server.url, headers: () => ({ authorization: token }) });
      server.guard.token = 'new';
      expect(await send(transport)).toMatchObject({
        kind: 'retry',
        denied: true,
        error: { name: 'HttpStatusError', statusCode: status },
      });
      expect(server.requests).toHaveLength(1);
      token = 'new';
      expect(await send(transport)).toEqual({ kind: 'delivered' });
    });

    it.for([401, 403])('that are fixed and were accepted before are retried after %i', async (status) => {
      const server = await startGuardedServer(status);
      const transport = create({ url: server.url, headers: { authorization: 'old' } });
      await send(transport);
      server.guard.token = 'new';
      expect(await send(transport)).toMatchObject({ kind: 'retry', denied: true });
      server.guard.token = 'old';
      expect(await send(transport)).toEqual({ kind: 'delivered' });
    });

    it.for([401, 403])('that are fixed and were never accepted fail for good with %i', async (status) => {
      const server = await startGuardedServer(status);
      expect(await send(create({ url: server.url, headers: { authorization: 'wrong' } }))).toMatchObject({
        kind: 'refused',
        error: { statusCode: status },
      });
    });
  });

  describe(`${name}: the answer`, () => {
    it.for([200, 202, 204])('counts as delivered with status %i', async (status) => {
      const server = await startServer((response) => response.writeHead(status).end());
      expect(await send(create({ url: server.url }))).toEqual({ kind: 'delivered' });
    });

    it('has the count of items that a partial success rejects', async () => {
      const server = await startServer((response) => response.end(partialSuccessBytes(3, 'no such tenant')));
      const outcome = await send(create({ url: server.url }));
      expect(outcome).toMatchObject({ kind: 'delivered', rejected: 3, error: { name: 'PartialSuccessError' } });
      expect(errorOf(outcome).message).toMatch(/rejected 3 items: no such tenant$/);
    });

    it('counts as delivered if its body is garbage, with an error that says so', async () => {
      const server = await startServer((response) => response.end('<html>\u001b[2J welcome'));
      const outcome = await send(create({ url: server.url }));
      expect(outcome).toMatchObject({ kind: 'delivered', error: { name: 'ResponseBodyError' } });
      expect(errorOf(outcome).message).toMatch(/not an OTLP response: <html> \[2J welcome$/);
    });

    it.for([
      [200, 'delivered', 'ResponseBodyError'],
      [429, 'refused', 'ResponseTooLargeError'],
      [503, 'refused', 'ResponseTooLargeError'],
    ] as const)(
      'is not read to its end if it is huge: status %i then counts as %s, and a failure is not retried',
      async ([status, kind, errorName]) => {
        const server = await startServer((response) => {
          response.writeHead(status);
          const more = () => {
            while (!response.destroyed && response.write(Buffer.alloc(65_536)));
          };
          response.on('drain', more);
          more();
        });
        const outcome = await send(create({ url: server.url, maxResponseBytes: 100_000 }));
        expect(outcome).toMatchObject({ kind, error: { name: errorName, statusCode: status } });
        expect(errorOf(outcome).message).toMatch(
          new RegExp(`answered ${status}, and the body is above maxResponseBytes$`),
        );
        await server.closed(1);
      },
    );

    it('counts by its status if it breaks off', async () => {
      const server = await startServer((response) => {
        response.writeHead(200, { 'content-length': 100 }).write('some');
        setImmediate(() => response.destroy());
      });
      expect(await send(create({ url: server.url }))).toMatchObject({
        kind: 'delivered',
        error: { message: expect.stringContaining('was cut off') },
      });
    });

    it('is obeyed for Retry-After if it breaks off, with an error that says so', async () => {
      const server = await startServer((response) => {
        response.writeHead(429, { 'retry-after': '2', 'content-length': 100 }).write('slow down');
        setImmediate(() => response.destroy());
      });
      const outcome = await send(create({ url: server.url }));
      expect(outcome).toMatchObject({ kind: 'throttled', retryAfterMs: 2000, error: { statusCode: 429 } });
      expect(errorOf(outcome).message).toMatch(/answered 429, and the body was cut off/);
    });

    it('is read if it is compressed', async () => {
      const server = await startServer((response) =>
        response.setHeader('content-encoding', 'gzip').end(gzipSync(partialSuccessBytes(2, ''))),
      );
      expect(await send(create({ url: server.url }))).toMatchObject({ kind: 'delivered', rejected: 2 });
    });

    it.for(['identity', 'Identity', ''])('is read if it states that it is not compressed (%j)', async (encoding) => {
      const server = await startServer((response) =>
        response.setHeader('content-encoding', encoding).end(partialSuccessBytes(2, '')),
      );
      expect(await send(create({ url: server.url }))).toMatchObject({ kind: 'delivered', rejected: 2 });
    });

    it.for([
      ['gzip', gzipSync],
      ['deflate', deflateSync],
    ] as const)('is decompressed only up to maxResponseBytes: %s', async ([encoding, compress]) => {
      const bomb = compress(Buffer.alloc(16 * MEBIBYTE));
      const server = await startServer((response) => response.setHeader('content-encoding', encoding).end(bomb));
      const transport = create({ url: server.url, maxResponseBytes: 100_000 });
      const outcome = await send(transport);
      expect(outcome).toMatchObject({ kind: 'delivered', error: { name: 'ResponseBodyError' } });
    });

    it('is decompressed only up to maxResponseBytes, or not at all: br', async () => {
      const bomb = brotliCompressSync(Buffer.alloc(16 * MEBIBYTE));
      const server = await startServer((response) => response.setHeader('content-encoding', 'br').end(bomb));
      const outcome = await send(create({ url: server.url, maxResponseBytes: 100_000 }));
      // The error must not be that this is no OTLP response, because that would be known only after decompressing all
      // of it.
      expect(errorOf(outcome).message).toMatch(/the body (is above maxResponseBytes|could not be decompressed)$/);
    });

    it.for([
      ['gzip', gzipSync(Buffer.alloc(1_000)).subarray(0, 20)],
      ['gzip', Buffer.from('no gzip at all')],
      ['gzip, gzip', gzipSync(gzipSync(partialSuccessBytes(2, '')))],
      ['rot13', Buffer.from('text')],
    ] as const)('counts as delivered if it is not compressed as it states: %s', async ([encoding, body]) => {
      const server = await startServer((response) => response.setHeader('content-encoding', encoding).end(body));
      expect(await send(create({ url: server.url }))).toMatchObject({ kind: 'delivered' });
    });

    it.for([
      ['informational answers', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', 'retry'],
      ['headers', 'x-more: 1\r\n', 'retry'],
      ['chunks of one byte', '1\r\nx\r\n', 'delivered'],
    ] as const)('ends at the time-out after endless %s', async ([what, more, kind]) => {
      const begin = {
        'informational answers': '',
        headers: 'HTTP/1.1 200 OK\r\n',
        'chunks of one byte': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
      };
      const server = await startSocketServer((socket) => {
        socket.once('data', () => {
          socket.write(begin[what]);
          const timer = setInterval(() => socket.write(more), 5);
          socket.once('close', () => clearInterval(timer));
        });
      });
      expect(await send(create({ url: server.url, timeoutMillis: 100 }))).toMatchObject({ kind });
      await server.closed(1);
    });

    it.for([
      ['an unknown status', 'HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n'],
      ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'],
      ['an invalid length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
      ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'],
      ['a chunk of a huge length', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nx'],
      [
        'headers of a megabyte',
        `HTTP/1.1 503 Busy\r\n${`x-${'a'.repeat(100)}: ${'b'.repeat(1_000)}\r\n`.repeat(1_000)}\r\n`,
      ],
      ['bytes', Buffer.from(Array.from({ length: 2_000 }, (_, index) => (index * 167) % 256))],
      ['nothing', ''],
    ] as const)('has an outcome with %s, and the next request is answered', async ([, bytes]) => {
      let isHostile = true;
      const server = await startSocketServer((socket) => {
        socket.once('data', () => socket.end(isHostile ? bytes : 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
      });
      const transport = create({ url: server.url, timeoutMillis: 1_000 });
      expect(['delivered', 'retry', 'refused']).toContain((await send(transport)).kind);
      await server.closed(1);
      isHostile = false;
      expect(await send(transport)).toEqual({ kind: 'delivered' });
    });

    it('counts as having one Retry-After or none if it has two', async () => {
      const server = await startServer((response) =>
        response.writeHead(503, ['retry-after', '2', 'retry-after', '3000']).end(),
      );
      const outcome = await send(create({ url: server.url }));
      expect(outcome.kind).toBe('throttled');
      expect([2_000, undefined]).toContain((outcome as { retryAfterMs?: number }).retryAfterMs);
    });

    it('is read if it ends with the connection', async () => {
      const server = await startSocketServer((socket) => {
        socket.once('data', () =>
          socket.end(Buffer.concat([Buffer.from('HTTP/1.0 200 OK\r\n\r\n'), partialSuccessBytes(2, '')])),
        );
      });
      expect(await send(create({ url: server.url }))).toMatchObject({ kind: 'delivered', rejected: 2 });
    });

    it.for([301, 302, 307, 308])('is not followed if it is a redirect (%i)', async (status) => {
      const server = await startServer((response, { url }) => {
        if (url === '/v1/traces') response.writeHead(status, { location: '/elsewhere' }).end();
        else response.end();
      });
      const outcome = await send(create({ url: server.url }));
      expect(outcome.kind).toBe('refused');
      expect(errorOf(outcome).message).toContain('redirects are not followed');
      expect(server.requests).toHaveLength(1);
    });

    it("becomes an error with the collector's message about a bad request", async () => {
      const status = Uint8Array.of(0x08, 3, 0x12, 6, ...Buffer.from('bad id'));
      const server = await startServer((response) =>
        response.writeHead(400, { 'content-type': 'application/x-protobuf' }).end(status),
      );
      const outcome = await send(create({ url: server.url }));
      expect(outcome).toMatchObject({ kind: 'refused', error: { statusCode: 400 } });
      expect(errorOf(outcome).message).toBe(`127.0.0.1:${server.port} answered 400: bad id`);
    });

    it('means too large with status 413', async () => {
      const server = await startServer((response) => response.writeHead(413).end());
      expect(await send(create({ url: server.url }))).toMatchObject({ kind: 'too_large', error: { statusCode: 413 } });
    });

    it.for([429, 503])('means throttling with status %i, with both forms of Retry-After', async (status) => {
      const inHalfAMinute = () => new Date(Date.now() + 30_000).toUTCString();
      const retryAfter = ['2', inHalfAMinute(), undefined, 'soon', '3600'];
      const server = await startServer((response) => {
        const value = retryAfter.shift();
        response.writeHead(status, value === undefined ? {} : { 'retry-after': value }).end();
      });
      const transport = create({ url: server.url });
      expect(await send(transport)).toMatchObject({ kind: 'throttled', retryAfterMs: 2000 });
      const dated = await send(transport);
      expect(dated).toMatchObject({ kind: 'throttled', retryAfterMs: expect.any(Number) });
      // A date has whole seconds.
      expect((dated as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(20_000);
      expect((dated as { retryAfterMs: number }).retryAfterMs).toBeLessThanOrEqual(30_000);
      expect(await send(transport)).toEqual({ kind: 'throttled', error: expect.any(Error) });
      expect(await send(transport)).toEqual({ kind: 'throttled', error: expect.any(Error) });
      expect(await send(transport)).toMatchObject({ kind: 'throttled', retryAfterMs: 60_000 });
    });

    it('counts if it is a failure before the body was read, and the connection is closed', async () => {
      const server = await startRawServer((request, response) => {
        request.pause();
        response.writeHead(413, { 'content-length': 4 }).end('full');
      });
      const outcome = await send(create({ url: server.url }), bodyOf(new Uint8Array(32 * MEBIBYTE)));
      expect(outcome).toMatchObject({ kind: 'too_large', error: { statusCode: 413 } });
      server.connections[0]?.resume();
      await server.closed(1);
    });
  });

  describe(`${name}: failures`, () => {
    it('count as unreachable if nothing listens', async () => {
      const outcome = await send(create({ url: await refusedUrl() }));
      expect(outcome).toMatchObject({
        kind: 'retry',
        unreachable: true,
        error: { name: 'ConnectionError', code: 'ECONNREFUSED' },
      });
      expect(errorOf(outcome).message).toMatch(/^no connection to 127\.0\.0\.1:\d+ \(ECONNREFUSED\): /);
    });

    it('count as unreachable without a route, which is known immediately', async () => {
      // TCP cannot connect to a multicast address.
      const outcome = await send(create({ url: 'http://224.0.0.1:4318/v1/traces' }));
      expect(outcome).toMatchObject({ kind: 'retry', unreachable: true, error: { code: 'ENETUNREACH' } });
    });

    it('count as unreachable if the name is unknown', async () => {
      const outcome = await send(create({ url: 'http://collector.invalid:4318/v1/traces' }));
      expect(outcome).toMatchObject({ kind: 'retry', unreachable: true });
      expect(errorOf(outcome).message).toMatch(/^no connection to collector\.invalid:4318 \((ENOTFOUND|EAI_AGAIN)\)/);
    });

    it('are temporary if the connection is reset in the middle of the body', async () => {
      const server = await startRawServer((request) => request.once('data', () => request.socket.resetAndDestroy()));
      const outcome = await send(create({ url: server.url }), bodyOf(new Uint8Array(32 * MEBIBYTE)));
      expect(outcome).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'ConnectionError' }) });
    });

    it('are temporary if the connection closes without an answer', async () => {
      const server = await startServer((response) => response.destroy());
      const outcome = await send(create({ url: server.url }));
      expect(outcome).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'ConnectionError' }) });
      expect(errorOf(outcome).message).toMatch(/^the connection to 127\.0\.0\.1:\d+ broke/);
    });

    it('are temporary if a kept connection turns out to be dead', async () => {
      const server = await startServer(answer200);
      const transport = create({ url: server.url });
      await send(transport);
      // The client has not seen this yet, because it writes in the same turn.
      server.connections[0]?.resetAndDestroy();
      const outcome = await send(transport);
      expect(['retry', 'delivered']).toContain(outcome.kind);
      expect(outcome).not.toHaveProperty('unreachable');
      expect(await send(transport)).toEqual({ kind: 'delivered' });
    });

    it('are temporary if the answer is not HTTP', async () => {
      const server = await startSocketServer((socket) =>
        socket.once('data', () => socket.end('\u0000\u0000\u0012\u0004 no http')),
      );
      const outcome = await send(create({ url: server.url }));
      expect(outcome).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'ConnectionError' }) });
      expect(errorOf(outcome).message).toContain('did not answer in HTTP/1.1');
    });

    it('include a time-out if the server never answers, which closes the connection', async () => {
      const server = await startServer(() => {});
      const outcome = await send(create({ url: server.url, timeoutMillis: 40 }));
      expect(outcome).toEqual({
        kind: 'retry',
        timedOut: true,
        error: expect.objectContaining({ name: 'TimeoutError' }),
      });
      expect(errorOf(outcome).message).toMatch(/did not answer within 40 ms$/);
      await server.closed(1);
    });

    it('include a time-out in total, even if bytes keep coming', async () => {
      const server = await startSocketServer((socket) => {
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nx-drip: ');
          const drip = setInterval(() => socket.write('x'), 5);
          socket.once('close', () => clearInterval(drip));
        });
      });
      expect(await send(create({ url: server.url, timeoutMillis: 60 }))).toMatchObject({
        kind: 'retry',
        timedOut: true,
      });
    });

    it.for([0, Infinity])('include no time-out with timeoutMillis %d', async (timeoutMillis) => {
      const server = await startServer((response) => void setTimeout(() => response.end(), 30));
      expect(await send(create({ url: server.url, timeoutMillis }))).toEqual({ kind: 'delivered' });
    });

    it('end the attempt immediately if the signal is aborted', async () => {
      const controller = new AbortController();
      const server = await startServer(() => controller.abort());
      const outcome = await send(create({ url: server.url }), bodyOf('spans'), controller.signal);
      expect(outcome).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'AbortError' }) });
      await server.closed(1);
    });

    it('include a signal that is aborted from the start, and nothing is sent', async () => {
      const server = await startServer(answer200);
      expect(await send(create({ url: server.url }), bodyOf('spans'), AbortSignal.abort())).toMatchObject({
        kind: 'retry',
        error: { name: 'AbortError' },
      });
      expect(server.connections).toEqual([]);
    });

    it('include a signal that is aborted during compression, and nothing is sent', async () => {
      const server = await startServer(answer200);
      const controller = new AbortController();
      const sending = send(
        create({ url: server.url, compression: 'gzip' }),
        bodyOf(new Uint8Array(MEBIBYTE)),
        controller.signal,
      );
      controller.abort();
      expect(await sending).toMatchObject({ kind: 'retry', error: { name: 'AbortError' } });
      expect(server.requests).toEqual([]);
    });

    it('leave no listener on the signal, and neither do successes', async () => {
      const server = await startServer(answer200);
      const controller = new AbortController();
      const added: string[] = [];
      const removed: string[] = [];
      const { signal } = controller;
      const { addEventListener, removeEventListener } = signal;
      signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
        added.push(args[0]);
        addEventListener.apply(signal, args);
      };
      signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
        removed.push(args[0]);
        removeEventListener.apply(signal, args);
      };
      await send(create({ url: server.url }), bodyOf('spans'), signal);
      // A transport that is loaded first has one while it loads, and another one while it sends.
      expect(added).not.toHaveLength(0);
      expect(removed).toEqual(added);
    });

    it('of an aborted attempt do not read its body once it has settled', async () => {
      const received: Buffer[] = [];
      const controller = new AbortController();
      const server = await startSocketServer((socket) => {
        // The kernel takes only some megabytes, so most of the body is still in memory.
        socket.once('data', (chunk) => {
          received.push(chunk);
          socket.pause();
          controller.abort();
        });
      });
      const memory = new Uint8Array(32 * MEBIBYTE).fill(0x11);
      await send(create({ url: server.url }), { chunks: [memory], byteLength: memory.length }, controller.signal);
      memory.fill(0xee);
      const [socket] = server.connections;
      socket?.on('data', (chunk) => received.push(chunk));
      if (socket !== undefined && !socket.destroyed) await once(socket.resume(), 'close');
      expect(Buffer.concat(received).includes(0xee)).toBe(false);
    });

    it('have no secrets in their messages', async () => {
      const server = await startServer((response, { headers }) =>
        response.writeHead(Number(headers['x-status'])).end(),
      );
      const refused = new URL(await refusedUrl());
      for (const [port, status] of [
        [server.port, '400'],
        [server.port, '302'],
        [server.port, '503'],
        [refused.port, '200'],
      ] as const) {
        const url = `http://user:secret1@127.0.0.1:${port}/v1/traces?key=secret2`;
        const { message } = errorOf(await send(create({ url, headers: { 'x-status': status, 'api-key': 'secret3' } })));
        expect(message).toContain('127.0.0.1');
        expect(message).not.toContain('secret');
      }
    });

    it('have no secrets in their messages if the server repeats the request, whole or cut off', async () => {
      const token = `eyJ${'0123456789'.repeat(40)}`;
      const server = await startServer((response, { url, headers }) => {
        const decoded = atob(String(headers.authorization).replace('Basic ', ''));
        response.writeHead(401).end(`no key ${url} nor ${decoded}; ${String(headers['x-token'])}`);
      });
      const url = `http://user:pass-word-1@127.0.0.1:${server.port}/v1/traces?key=query-secret-2&other=%C3%A4%20query-secret-3`;
      const { message } = errorOf(await send(create({ url, headers: { 'x-token': `Bearer ${token}` } })));
      expect(message).toMatch(/answered 401: no key \/v1\/traces\?key=\*\*\*&other=\*\*\* nor \*\*\*; Bearer \*\*\*…$/);
    });
  });
}
