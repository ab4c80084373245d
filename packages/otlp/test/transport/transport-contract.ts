import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OtlpTransport } from '../../src/transport/transport.ts';
import type { OtlpTransportOptions } from '../../src/transport/transport-options.ts';
import { describeAttemptContract } from './attempt-contract.ts';
import { refusedUrl, startSocketServer } from './local-server.ts';
import type { PeerAnswer, Reaction, TestedWire } from './peer.ts';
import { bodyOf, errorOf, partialSuccessBytes, send } from './sending.ts';

const MEBIBYTE = 2 ** 20;

const accept: Reaction = (answer) => answer.accept();

/** The requirements of every transport to a collector, tested on real sockets, in the protocol of a wire. */
export function describeTransportContract(
  name: string,
  wire: TestedWire,
  createTransport: (options: OtlpTransportOptions) => OtlpTransport,
): void {
  const create = (options: OtlpTransportOptions): OtlpTransport => {
    const transport = createTransport(options);
    onTestFinished(async () => transport.shutdown());
    return transport;
  };

  describeAttemptContract(name, async ({ standsStill }) => {
    let isStill = standsStill;
    const waiting: PeerAnswer[] = [];
    const peer = await wire.start((answer) => (isStill ? waiting.push(answer) : answer.accept()));
    return {
      create: (timeoutMillis) => createTransport({ url: peer.url, timeoutMillis }),
      taken: () => peer.requests.length,
      release() {
        isStill = false;
        for (const answer of waiting.splice(0)) answer.accept();
      },
    };
  });

  describe(`${name}: a request`, () => {
    it('carries its chunks as one body', async () => {
      const peer = await wire.start(accept);
      expect(await send(create({ url: peer.url }), bodyOf('sp', '', 'an', 's'))).toEqual({ kind: 'delivered' });
      expect(peer.requests).toMatchObject([{ body: Buffer.from('spans'), isCompressed: false }]);
    });

    it('carries megabytes unchanged', async () => {
      const peer = await wire.start(accept);
      const chunks = Array.from({ length: 40 }, (_, index) => new Uint8Array(100_000).fill(index));
      await send(create({ url: peer.url }), bodyOf(...chunks));
      expect(peer.requests[0]?.body.equals(Buffer.concat(chunks))).toBe(true);
    });

    it('has a user agent, after the product that the user names', async () => {
      const peer = await wire.start(accept);
      await send(create({ url: peer.url }));
      await send(create({ url: peer.url, userAgent: 'shop/1.4' }));
      expect(peer.requests.map(({ headers }) => headers['user-agent'])).toEqual([
        expect.stringMatching(/^Spillway-OTLP-Exporter-JavaScript\/\d/),
        expect.stringMatching(/^shop\/1\.4 Spillway-OTLP-Exporter-JavaScript\/\d/),
      ]);
    });

    it("has the user's headers, but not instead of its own", async () => {
      const peer = await wire.start(accept);
      await send(
        create({ url: peer.url, headers: { 'X-Tenant': 'a', 'User-Agent': 'x', 'Content-Type': 'text/plain' } }),
      );
      const { headers } = peer.requests[0] ?? {};
      expect(headers).toMatchObject({ 'x-tenant': 'a', 'content-type': expect.stringMatching(/^application\//) });
      expect(headers?.['user-agent']).not.toBe('x');
    });

    it.for([
      ['a function', (count: number) => ({ 'x-count': String(count) })],
      ['an async function', async (count: number) => ({ 'x-count': String(count) })],
    ] as const)('calls %s for headers before it is sent', async ([, headers]) => {
      const peer = await wire.start(accept);
      let count = 0;
      const transport = create({ url: peer.url, headers: () => headers(++count) });
      await send(transport);
      await send(transport);
      expect(peer.requests.map((request) => request.headers['x-count'])).toEqual(['1', '2']);
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
      const peer = await wire.start(accept);
      const outcome = await send(create({ url: peer.url, headers }));
      expect(outcome).toMatchObject({ kind: 'retry', denied: true });
      expect(errorOf(outcome)).toMatchObject({ name: 'RequestHeadersError' });
      expect(errorOf(outcome).message).not.toContain('secret');
      expect(peer.requests).toEqual([]);
    });

    it('includes the headers function in the time of the attempt', async () => {
      const peer = await wire.start(accept);
      const headers = async () => new Promise<never>(() => {});
      expect(await send(create({ url: peer.url, timeoutMillis: 20, headers }))).toMatchObject({
        kind: 'retry',
        timedOut: true,
      });
    });

    it('has the user information of the url as a header', async () => {
      const peer = await wire.start(accept);
      await send(create({ url: peer.url.replace('//', '//us%20er:p%40ss@') }));
      expect(peer.requests[0]?.headers['authorization']).toBe(`Basic ${Buffer.from('us er:p@ss').toString('base64')}`);
    });

    it('is compressed with gzip on request', async () => {
      const peer = await wire.start(accept);
      const chunks = Array.from({ length: 20 }, (_, index) => new Uint8Array(50_000).fill(index));
      const transport = create({ url: peer.url, compression: 'gzip' });
      expect(await send(transport, bodyOf(...chunks))).toEqual({ kind: 'delivered' });
      expect(peer.requests).toMatchObject([{ isCompressed: true }]);
      expect(peer.requests[0]?.body.equals(Buffer.concat(chunks))).toBe(true);
    });

    it('keeps its connection for the next one', async () => {
      const peer = await wire.start((answer) => answer.accept(partialSuccessBytes(0, '')));
      const transport = create({ url: peer.url });
      for (let count = 0; count < 8; count++) await send(transport, bodyOf(new Uint8Array(MEBIBYTE)));
      expect(peer.requests).toHaveLength(8);
      // Some implementations of fetch open a second one before they see that the first is free.
      expect(peer.connections.length).toBeLessThanOrEqual(2);
    });

    it('is not sent if it is above maxRequestBytes', async () => {
      const peer = await wire.start(accept);
      const transport = create({ url: peer.url, maxRequestBytes: 5 });
      expect(await send(transport, bodyOf('spans!'))).toMatchObject({
        kind: 'too_large',
        unsent: true,
        error: { name: 'RequestTooLargeError' },
      });
      expect(await send(transport, bodyOf('spans'))).toEqual({ kind: 'delivered' });
      expect(peer.requests).toHaveLength(1);
    });
  });

  describe(`${name}: credentials`, () => {
    /** A peer that accepts one token at a time. */
    const startGuarded = async (refusal: 'unauthenticated' | 'forbidden') => {
      const guard = { token: 'old' };
      const peer = await wire.start((answer, { headers }) =>
        headers['authorization'] === guard.token ? answer.accept() : answer.refuse(refusal),
      );
      return { ...peer, guard };
    };

    it.for(['unauthenticated', 'forbidden'] as const)(
      'from a function are requested again for the next attempt if the request is %s',
      async (refusal) => {
        const { url, requests, guard } = await startGuarded(refusal);
        let token = 'old';
        const transport = create({ url, headers: () => ({ authorization: token }) });
        guard.token = 'new';
        const error = { name: wire.errorName };
        expect(await send(transport)).toMatchObject({ kind: 'retry', denied: true, error });
        expect(requests).toHaveLength(1);
        token = 'new';
        expect(await send(transport)).toEqual({ kind: 'delivered' });
      },
    );

    it.for(['unauthenticated', 'forbidden'] as const)(
      'that are fixed and were accepted before are retried if the request is %s',
      async (refusal) => {
        const { url, guard } = await startGuarded(refusal);
        const transport = create({ url, headers: { authorization: 'old' } });
        await send(transport);
        guard.token = 'new';
        expect(await send(transport)).toMatchObject({ kind: 'retry', denied: true });
        guard.token = 'old';
        expect(await send(transport)).toEqual({ kind: 'delivered' });
      },
    );

    it.for(['unauthenticated', 'forbidden'] as const)(
      'that are fixed and were never accepted fail for good if the request is %s',
      async (refusal) => {
        const { url } = await startGuarded(refusal);
        expect(await send(create({ url, headers: { authorization: 'wrong' } }))).toMatchObject({
          kind: 'refused',
          error: { name: wire.errorName },
        });
      },
    );
  });

  describe(`${name}: an answer`, () => {
    it('has the count of items that a partial success rejects', async () => {
      const peer = await wire.start((answer) => answer.accept(partialSuccessBytes(3, 'no such tenant')));
      const outcome = await send(create({ url: peer.url }));
      expect(outcome).toMatchObject({ kind: 'delivered', rejected: 3, error: { name: 'PartialSuccessError' } });
      expect(errorOf(outcome).message).toMatch(/rejected 3 items: no such tenant$/);
    });

    it('counts as delivered with a warning if nothing was rejected', async () => {
      const peer = await wire.start((answer) => answer.accept(partialSuccessBytes(0, 'be quick')));
      const outcome = await send(create({ url: peer.url }));
      expect(outcome).not.toHaveProperty('rejected');
      expect(errorOf(outcome).message).toMatch(/warned: be quick$/);
    });

    it('counts as delivered if its body is garbage, with an error that says so', async () => {
      const peer = await wire.start((answer) => answer.accept(Buffer.from('<html>\u001b[2J welcome')));
      const outcome = await send(create({ url: peer.url }));
      expect(outcome).toMatchObject({ kind: 'delivered', error: { name: 'ResponseBodyError' } });
      expect(errorOf(outcome).message).toMatch(/not an OTLP response: <html> \[2J welcome$/);
    });

    it('counts as delivered if its body is above maxResponseBytes, and is not read', async () => {
      const peer = await wire.start((answer) => answer.accept(Buffer.alloc(200_000)));
      const outcome = await send(create({ url: peer.url, maxResponseBytes: 100_000 }));
      expect(outcome).toMatchObject({ kind: 'delivered', error: { name: 'ResponseBodyError' } });
      expect(errorOf(outcome).message).toMatch(/the body is above maxResponseBytes$/);
    });

    it("is a refusal with the collector's message if the request is invalid", async () => {
      const peer = await wire.start((answer) => answer.refuse('invalid', { message: 'bad id' }));
      const outcome = await send(create({ url: peer.url }));
      expect(outcome).toMatchObject({ kind: 'refused', error: { name: wire.errorName } });
      expect(errorOf(outcome).message).toMatch(/^127\.0\.0\.1:\d+ answered \w+: bad id$/);
    });

    it('means too large if it says so', async () => {
      const peer = await wire.start((answer) => answer.refuse('too large'));
      expect(await send(create({ url: peer.url }))).toMatchObject({
        kind: 'too_large',
        error: { name: wire.errorName },
      });
    });

    it('means throttling if the collector is not available, for the time that it says', async () => {
      const waits = [2, 3_600, undefined];
      const peer = await wire.start((answer) => answer.refuse('unavailable', { retryAfterSeconds: waits.shift() }));
      const transport = create({ url: peer.url });
      expect(await send(transport)).toMatchObject({ kind: 'throttled', retryAfterMs: 2_000 });
      expect(await send(transport)).toMatchObject({ kind: 'throttled', retryAfterMs: 60_000 });
      expect(await send(transport)).toEqual({ kind: 'throttled', error: expect.any(Error) });
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
      const { url } = await startSocketServer((socket) => void socket.once('data', () => socket.resetAndDestroy()));
      const outcome = await send(create({ url }), bodyOf(new Uint8Array(32 * MEBIBYTE)));
      expect(outcome).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'ConnectionError' }) });
    });

    it('are temporary if the connection closes without an answer', async () => {
      const peer = await wire.start((answer) => answer.cut());
      const outcome = await send(create({ url: peer.url }));
      expect(outcome).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'ConnectionError' }) });
      expect(errorOf(outcome).message).toMatch(/^the connection to 127\.0\.0\.1:\d+ broke/);
    });

    it('are temporary if a kept connection turns out to be dead', async () => {
      const peer = await wire.start(accept);
      const transport = create({ url: peer.url });
      await send(transport);
      // The client has not seen this yet, because it writes in the same turn.
      peer.connections[0]?.resetAndDestroy();
      const outcome = await send(transport);
      expect(['retry', 'delivered']).toContain(outcome.kind);
      expect(outcome).not.toHaveProperty('unreachable');
      expect(await send(transport)).toEqual({ kind: 'delivered' });
    });

    it('are temporary if the answer is in another protocol', async () => {
      const { url } = await startSocketServer((socket) =>
        socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
      );
      const outcome = await send(create({ url }));
      expect(outcome).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'ConnectionError' }) });
      expect(errorOf(outcome).message).toContain(wire.notSpoken);
    });

    it('include a time-out if the server never answers', async () => {
      const peer = await wire.start(() => {});
      const outcome = await send(create({ url: peer.url, timeoutMillis: 100 }));
      expect(outcome).toEqual({
        kind: 'retry',
        timedOut: true,
        error: expect.objectContaining({ name: 'TimeoutError' }),
      });
      await peer.closed(1);
    });

    it('include a signal that is aborted while the server works, which ends the request there', async () => {
      const controller = new AbortController();
      const peer = await wire.start(() => controller.abort());
      const outcome = await send(create({ url: peer.url }), bodyOf('spans'), controller.signal);
      expect(outcome).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'AbortError' }) });
      await peer.closed(1);
    });

    it('include a signal that is aborted during compression, and nothing is sent', async () => {
      const peer = await wire.start(accept);
      const controller = new AbortController();
      const transport = create({ url: peer.url, compression: 'gzip' });
      const sending = send(transport, bodyOf(new Uint8Array(MEBIBYTE)), controller.signal);
      controller.abort();
      expect(await sending).toMatchObject({ kind: 'retry', error: { name: 'AbortError' } });
      expect(peer.requests).toEqual([]);
    });

    it('of an aborted attempt do not read its body once it has settled', async () => {
      const received: Buffer[] = [];
      const controller = new AbortController();
      const server = await startSocketServer((socket) => {
        // The kernel takes only some megabytes, and the window of HTTP/2 less, so most of the body is still in memory.
        if (wire.greeting !== undefined) socket.write(wire.greeting);
        socket.on('data', (chunk) => {
          received.push(chunk);
          if (controller.signal.aborted || !chunk.includes(0x11)) return;
          socket.pause();
          controller.abort();
        });
      });
      const memory = new Uint8Array(32 * MEBIBYTE).fill(0x11);
      await send(create({ url: server.url }), { chunks: [memory], byteLength: memory.length }, controller.signal);
      memory.fill(0xee);
      const [socket] = server.connections;
      if (socket !== undefined && !socket.destroyed) await once(socket.resume(), 'close');
      expect(Buffer.concat(received).includes(Buffer.alloc(16, 0xee))).toBe(false);
    });
  });
}
