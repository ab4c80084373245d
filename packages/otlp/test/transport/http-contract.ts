import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OtlpTransport } from '../../src/transport/transport.ts';
import type { OtlpTransportOptions, RequestToSign } from '../../src/transport/transport-options.ts';
import { refusedUrl, startRawServer, startServer, startSocketServer } from './local-server.ts';
import { HTTP_WIRE } from './http-peer.ts';
import { bodyOf, errorOf, partialSuccessBytes, send } from './sending.ts';
import { isSigned, sigV4 } from './signature-version-4.ts';
import { describeTransportContract } from './transport-contract.ts';

const MEBIBYTE = 2 ** 20;

const answer200 = (response: ServerResponse) => response.end();

/** The requirements of every transport over HTTP, tested on real sockets. */
export function describeHttpContract(
  name: string,
  createTransport: (options: OtlpTransportOptions) => OtlpTransport,
): void {
  describeTransportContract(name, HTTP_WIRE, createTransport);

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
  });

  describe(`${name}: a signature`, () => {
    it.for([
      ['a small body', {}, 5],
      ['a compressed body', { compression: 'gzip' }, 5_000],
      ['headers of a function', { headers: async () => ({ 'x-tenant': 'a' }) }, 5],
    ] as const)('of AWS is valid for what arrives: %s', async ([, options, size]) => {
      const server = await startServer(answer200);
      const transport = create({ url: `${server.url}?tenant=a%20b`, sign: sigV4(), ...options });
      expect(await send(transport, bodyOf('x'.repeat(size)))).toEqual({ kind: 'delivered' });
      const request = server.requests[0]!;
      expect(request.headers['content-encoding']).toBe('compression' in options ? 'gzip' : undefined);
      expect(isSigned(request)).toBe(true);
      expect(isSigned({ ...request, body: Buffer.from('another body') })).toBe(false);
    });

    it('is asked for anew for each attempt, with the request as it is sent', async () => {
      const server = await startServer((response) => response.writeHead(503).end());
      const asked: RequestToSign[] = [];
      const sign = (request: RequestToSign) => {
        asked.push(request);
        return { authorization: `attempt ${asked.length}`, 'content-type': 'text/plain', host: 'other' };
      };
      const transport = create({ url: server.url, headers: { 'x-tenant': 'a' }, sign });
      await send(transport, bodyOf('sp', 'ans'));
      await send(transport, bodyOf('sp', 'ans'));
      expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['attempt 1', 'attempt 2']);
      expect(server.requests[0]?.headers).toMatchObject({
        'content-type': 'application/x-protobuf',
        host: new URL(server.url).host,
      });
      expect(asked[0]).toMatchObject({
        method: 'POST',
        url: new URL(server.url),
        headers: { 'x-tenant': 'a', 'content-type': 'application/x-protobuf', host: new URL(server.url).host },
        body: new TextEncoder().encode('spans'),
      });
    });

    it('that cannot be made is a retry, as headers that fail are, and nothing is sent', async () => {
      const server = await startServer(answer200);
      const sign = async () => Promise.reject(new Error('no credentials'));
      const outcome = await send(create({ url: server.url, sign }));
      expect(outcome).toMatchObject({ kind: 'retry', denied: true });
      expect(errorOf(outcome)).toMatchObject({
        name: 'RequestHeadersError',
        message: 'the sign function failed: no credentials',
      });
      expect(server.requests).toEqual([]);
    });

    it('that is denied is a retry, because the next one may be accepted, and no message shows it', async () => {
      const server = await startServer((response) => response.writeHead(403).end('bad key s3cret-signature'));
      const outcome = await send(create({ url: server.url, sign: () => ({ authorization: 's3cret-signature' }) }));
      expect(outcome).toMatchObject({ kind: 'retry', denied: true });
      expect(errorOf(outcome).message).not.toContain('s3cret');
    });

    it('that is denied shows the reason, and hides the key, the signature and the headers of the user', async () => {
      const reason = 'Signature of application/x-protobuf;x-amz-date: AWS4-HMAC-SHA256 Credential not of eu-central-1';
      const server = await startServer((response) => {
        const { authorization = '' } = server.requests.at(-1)!.headers;
        const signature = /Signature=(\w+)/.exec(authorization)![1]!;
        response.writeHead(403).end(`${reason} (AKIDEXAMPLE, ${signature}, a-s3cret-tenant)`);
      });
      const transport = create({ url: server.url, headers: { 'x-tenant': 'a-s3cret-tenant' }, sign: sigV4() });
      const { message } = errorOf(await send(transport));
      expect(message).toContain(`${reason} (***, ***, ***)`);
    });

    it('that is never made ends with the time-out of the attempt', async () => {
      const server = await startServer(answer200);
      const transport = create({ url: server.url, timeoutMillis: 20, sign: () => new Promise(() => {}) });
      expect(await send(transport)).toMatchObject({ kind: 'retry' });
      expect(server.requests).toEqual([]);
    });

    it('cannot be handed over to another process, or made as a page closes', async () => {
      const transport = create({ url: 'http://localhost', sign: sigV4() });
      expect(transport.requestOf?.(bodyOf('spans'))).toBeUndefined();
      expect(transport.sendNow?.(bodyOf('spans'))).toBeUndefined();
    });
  });

  describe(`${name}: the answer`, () => {
    it.for([200, 202, 204])('counts as delivered with status %i', async (status) => {
      const server = await startServer((response) => response.writeHead(status).end());
      expect(await send(create({ url: server.url }))).toEqual({ kind: 'delivered' });
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
