import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { OtlpTransport, OtlpTransportOptions } from '@spillway/otlp/parts';
import { startServer, startSocketServer } from '../../otlp/test/transport/local-server.ts';
import { runChild } from '../../otlp/test/transport/run-child.ts';
import { bodyOf, errorOf, send } from '../../otlp/test/transport/sending.ts';
import { createGrpcTransport } from '../src/index.ts';
import { answerOk, startGrpcServer } from './grpc-server.ts';
import { framed, GRPC_ANSWER, startHttp2Server } from './http2-server.ts';

const MEBIBYTE = 2 ** 20;
const DELIVERED = { kind: 'delivered' };

const create = (options: OtlpTransportOptions): OtlpTransport => {
  const transport = createGrpcTransport('traces', options);
  onTestFinished(async () => transport.shutdown());
  return transport;
};

describe('failures of gRPC', () => {
  it('say that the port speaks another protocol', async () => {
    const server = await startServer((response) => response.end());
    const outcome = await send(create({ url: server.url }));
    expect(outcome).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'ConnectionError' }) });
    expect(errorOf(outcome).message).toContain('did not answer in HTTP/2');
  });

  it('do not count as unreachable if something listens and closes the connection', async () => {
    const server = await startSocketServer((socket) => void socket.once('data', () => socket.destroy()));
    const outcome = await send(create({ url: server.url }));
    expect(outcome).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'ConnectionError' }) });
    expect(errorOf(outcome).message).toMatch(/^the connection to 127\.0\.0\.1:\d+ broke/);
  });

  it('say that the port does not speak TLS', async () => {
    const server = await startServer((response) => response.end());
    expect(await send(create({ url: server.url.replace('http:', 'https:') }))).toMatchObject({
      kind: 'retry',
      error: { message: expect.stringMatching(/^TLS with 127\.0\.0\.1:\d+ failed/) },
    });
  });

  it('include a time-out without a connection if the port takes none', async () => {
    // The kernel takes no more connections of a server that accepts none.
    const server = createServer().listen(0, '127.0.0.1', 1);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const outcome = await send(create({ url: `http://192.0.2.1:${port}`, timeoutMillis: 100 }));
    expect(outcome).toMatchObject({ kind: 'retry', unreachable: true });
  });

  it('include a time-out if the connection is made and HTTP/2 never begins', async () => {
    const server = await startSocketServer(() => {});
    expect(await send(create({ url: server.url, timeoutMillis: 500 }))).toEqual({
      kind: 'retry',
      timedOut: true,
      error: expect.any(Error),
    });
  });

  it('leave no connection open on which HTTP/2 never began', async () => {
    const closed: Promise<unknown>[] = [];
    const server = await startSocketServer((socket) => void closed.push(once(socket.resume(), 'close')));
    const transport = create({ url: server.url, timeoutMillis: 100 });
    await send(transport);
    await send(transport);
    await Promise.all(closed);
    expect(closed).toHaveLength(2);
  });
});

describe('the connection of gRPC', () => {
  it('is kept for the next request, and for requests at the same time', async () => {
    const server = await startHttp2Server((stream) => {
      stream.respond(GRPC_ANSWER, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(framed(new Uint8Array(0)));
    });
    const transport = create({ url: server.url });
    await Promise.all(Array.from({ length: 8 }, async () => send(transport, bodyOf(new Uint8Array(MEBIBYTE)))));
    await send(transport);
    expect(server.connections).toHaveLength(1);
  });

  it('is made anew when its age is over', async () => {
    const server = await startHttp2Server((stream) => {
      stream.respond(GRPC_ANSWER, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(framed(new Uint8Array(0)));
    });
    const transport = create({ url: server.url, maxConnectionAgeMillis: 50 });
    await send(transport);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await send(transport)).toEqual(DELIVERED);
    expect(server.connections).toHaveLength(2);
    await vi.waitUntil(() => server.connections[0]?.destroyed);
  });

  it('closes at shutdown, and requests in flight finish', async () => {
    const answers: (() => void)[] = [];
    const server = await startGrpcServer((answer, call, raw) => answers.push(() => answerOk(answer, call, raw)));
    const transport = create({ url: server.url });
    const sending = send(transport);
    await vi.waitUntil(() => answers.length === 1);
    await transport.shutdown();
    answers[0]?.();
    expect(await sending).toEqual(DELIVERED);
  });

  it('is there again with the first attempt after an outage, however many have failed', async () => {
    const first = await startGrpcServer(answerOk);
    const transport = create({ url: first.url });
    expect(await send(transport)).toEqual(DELIVERED);
    first.kill();
    for (let count = 0; count < 10; count++) {
      expect(await send(transport)).toMatchObject({ kind: 'retry', unreachable: true });
    }
    const startedAt = performance.now();
    await startGrpcServer(answerOk, { port: first.port });
    expect(await send(transport)).toEqual(DELIVERED);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('goes away with GOAWAY, and no attempt fails for that', async () => {
    const server = await startGrpcServer(answerOk, {
      options: { 'grpc.max_connection_age_ms': 50, 'grpc.max_connection_age_grace_ms': 5_000 },
    });
    const transport = create({ url: server.url });
    const end = performance.now() + 500;
    let count = 0;
    for (; performance.now() < end; count++) expect(await send(transport)).toEqual(DELIVERED);
    expect(server.calls).toHaveLength(count);
  });

  it('of a host that has vanished is given up after one time-out', async () => {
    const target = await startGrpcServer(answerOk);
    const link = await startLink(target.port);
    const transport = create({ url: link.url, timeoutMillis: 200 });
    expect(await send(transport)).toEqual(DELIVERED);
    link.freeze();
    expect(await send(transport)).toMatchObject({ kind: 'retry', timedOut: true });
    link.thaw();
    expect(await send(transport)).toEqual(DELIVERED);
  });
});

/** A link to a server that can lose everything without a word: on connections that were made before, for ever. */
async function startLink(targetPort: number) {
  const { connect } = await import('node:net');
  let isFrozen = false;
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    const upstream = connect(targetPort, '127.0.0.1').on('error', () => {});
    socket.on('data', (bytes) => {
      if (!isFrozen && !lost.has(socket)) upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (!isFrozen && !lost.has(socket)) socket.write(bytes);
    });
    sockets.push(upstream);
  });
  const lost = new Set<Socket>();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    freeze() {
      isFrozen = true;
      for (const socket of sockets) lost.add(socket);
    },
    thaw() {
      isFrozen = false;
    },
  };
}

describe('a process that sends over gRPC', () => {
  const child = fileURLToPath(new URL('sending-process.ts', import.meta.url));

  it('ends while a request is not answered', async () => {
    const server = await startGrpcServer(() => {});
    expect(await runChild(child, server.url)).toEqual({ code: 0, output: 'sent\n' });
    expect(server.calls).toHaveLength(1);
  });

  it('ends while a connection is idle', async () => {
    const server = await startGrpcServer(answerOk);
    expect(await runChild(child, server.url, 'await')).toEqual({ code: 0, output: 'sent\ndelivered\n' });
  });

  it('ends while a connection is made', async () => {
    expect(await runChild(child, 'http://192.0.2.1:4317')).toEqual({ code: 0, output: 'sent\n' });
  });

  it.each(['http', 'https'])('ends while %s is not answered', async (scheme) => {
    const server = await startSocketServer(() => {});
    expect(await runChild(child, server.url.replace('http:', `${scheme}:`))).toEqual({ code: 0, output: 'sent\n' });
  });
});
