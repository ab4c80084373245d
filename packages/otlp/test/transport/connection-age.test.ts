import { connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpTransport } from '../../src/transport/http-transport.node.ts';
import type { OtlpTransport } from '../../src/transport/transport.ts';
import type { OtlpTransportOptions } from '../../src/transport/transport-options.ts';
import { fixture, type LocalServer, startServer } from './local-server.ts';
import { bodyOf, send } from './sending.ts';

const create = (options: OtlpTransportOptions): OtlpTransport => {
  const transport = createHttpTransport({ proxyEnv: {}, ...options });
  onTestFinished(async () => transport.shutdown());
  return transport;
};

/** Forwards each connection to the next backend in turn, without knowing of requests. */
async function startBalancer(backends: readonly LocalServer[]): Promise<{ readonly port: number }> {
  let count = 0;
  const server = createServer((client) => {
    const backend = connect(backends[count++ % backends.length]!.port, 'localhost');
    client.on('error', () => backend.destroy());
    backend.on('error', () => client.destroy());
    client.pipe(backend).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0 };
}

async function sendFor(millis: number, transport: OtlpTransport): Promise<void> {
  const end = performance.now() + millis;
  while (performance.now() < end) expect(await send(transport)).toEqual({ kind: 'delivered' });
}

describe('a connection that is always busy', () => {
  it('is replaced by a new one, so that two backends behind a balancer share the load, and no request fails', async () => {
    const backends = [await startServer((response) => response.end()), await startServer((response) => response.end())];
    const { port } = await startBalancer(backends);
    await sendFor(1_200, create({ url: `http://127.0.0.1:${port}/`, maxConnectionAgeMillis: 100 }));
    const shares = backends.map(
      ({ requests }) => requests.length / (backends[0]!.requests.length + backends[1]!.requests.length),
    );
    expect(Math.min(...shares)).toBeGreaterThan(0.25);
  });

  it('lasts for at least half of the maximum age', async () => {
    const server = await startServer((response) => response.end());
    await sendFor(1_000, create({ url: server.url, maxConnectionAgeMillis: 200 }));
    expect(server.connections.length).toBeGreaterThanOrEqual(4);
    expect(server.connections.length).toBeLessThanOrEqual(11);
  });

  it('is replaced even if requests wait for it', async () => {
    const server = await startServer((response) => response.end());
    const transport = create({ url: server.url, maxSockets: 1, maxConnectionAgeMillis: 60 });
    await Promise.all([sendFor(400, transport), sendFor(400, transport), sendFor(400, transport)]);
    expect(server.connections.length).toBeGreaterThanOrEqual(3);
  });

  it('is not closed during a request, however old it is', async () => {
    const server = await startServer((response) => setTimeout(() => response.end(), 100), {
      cert: fixture('server.cert'),
      key: fixture('server.key'),
    });
    const transport = create({ url: server.url, tls: { ca: fixture('ca.cert') }, maxConnectionAgeMillis: 1 });
    for (let count = 0; count < 3; count += 1)
      expect(await send(transport, bodyOf(new Uint8Array(2 ** 20)))).toEqual({ kind: 'delivered' });
    expect(server.connections).toHaveLength(3);
    expect(server.requests.map(({ body }) => body.byteLength)).toEqual([2 ** 20, 2 ** 20, 2 ** 20]);
    await server.closed(3);
  });

  it.for([0, Infinity, undefined])('is never replaced with a maximum age of %s', async (maxConnectionAgeMillis) => {
    const server = await startServer((response) => response.end());
    await sendFor(200, create({ url: server.url, maxConnectionAgeMillis }));
    expect(server.connections).toHaveLength(1);
  });
});
