import type { ServerHttp2Stream } from 'node:http2';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { OtlpTransport, OtlpTransportOptions } from '@spillway/otlp/parts';
import { startSocketServer } from '../../otlp/test/transport/local-server.ts';
import { bodyOf, send } from '../../otlp/test/transport/sending.ts';
import { createGrpcTransport } from '../src/index.ts';
import { framed, GRPC_ANSWER, type LocalHttp2Server, startHttp2Server } from './http2-server.ts';

const DELIVERED = { kind: 'delivered' };
const BROKEN = { kind: 'retry', error: { name: 'ConnectionError' } };

const create = (options: OtlpTransportOptions): OtlpTransport => {
  const transport = createGrpcTransport('traces', options);
  onTestFinished(async () => transport.shutdown());
  return transport;
};

function answer(stream: ServerHttp2Stream): void {
  if (stream.destroyed) return;
  stream.respond(GRPC_ANSWER, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(framed(new Uint8Array(0)));
}

/** A server whose answers are given by the test. */
async function startPatientServer() {
  const streams: { readonly stream: ServerHttp2Stream; readonly text: string }[] = [];
  const server = await startHttp2Server((stream, _, frame) => {
    streams.push({ stream, text: frame.subarray(5).toString() });
  });
  return {
    ...server,
    streams,
    arrived: async (count: number) => vi.waitUntil(() => streams.length === count, { timeout: 10_000 }),
  };
}

/** Lets time pass for the code, but not for timers. */
function usePassingTime(): (millis: number) => void {
  let passed = 0;
  const { now } = performance;
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + passed);
  onTestFinished(() => spy.mockRestore());
  return (millis) => {
    passed += millis;
  };
}

const openConnections = ({ connections }: LocalHttp2Server): number =>
  connections.filter(({ destroyed }) => !destroyed).length;

const sendThree = (transport: OtlpTransport) =>
  Promise.all(['a', 'b', 'c'].map((text) => send(transport, bodyOf(text))));

describe('requests over gRPC share a connection', () => {
  it('but none joins others that have got no answer for a second, and one connection is left in the end', async () => {
    const pass = usePassingTime();
    const server = await startPatientServer();
    const transport = create({ url: server.url });
    const hanging = send(transport);
    await server.arrived(1);
    pass(1_000);
    const next = send(transport);
    await server.arrived(2);
    expect(server.connections).toHaveLength(2);
    for (const { stream } of server.streams) answer(stream);
    expect(await Promise.all([hanging, next])).toEqual([DELIVERED, DELIVERED]);
    await vi.waitUntil(() => openConnections(server) === 1);
  });

  it('as long as one of them is answered within a second', async () => {
    const pass = usePassingTime();
    const server = await startPatientServer();
    const transport = create({ url: server.url });
    void send(transport);
    await server.arrived(1);
    for (const count of [2, 3, 4]) {
      // Some real time passes as well.
      pass(500);
      const next = send(transport);
      await server.arrived(count);
      const { stream } = server.streams.at(-1) ?? {};
      if (stream !== undefined) answer(stream);
      expect(await next).toEqual(DELIVERED);
    }
    expect(server.connections).toHaveLength(1);
  });

  it('but none waits for one that has not begun to speak HTTP/2 for a second', async () => {
    const pass = usePassingTime();
    const server = await startSocketServer(() => {});
    const transport = create({ url: server.url });
    void send(transport);
    void send(transport);
    await vi.waitUntil(() => server.connections.length === 1);
    pass(1_000);
    void send(transport);
    await vi.waitUntil(() => server.connections.length === 2);
  });

  it('unless one broke under several of them: then each has one to itself for ten seconds', async () => {
    const pass = usePassingTime();
    const server = await startPatientServer();
    const transport = create({ url: server.url });
    const broken = Promise.all([send(transport), send(transport)]);
    await server.arrived(2);
    server.connections[0]?.resetAndDestroy();
    expect(await broken).toMatchObject([BROKEN, BROKEN]);

    const apart = sendThree(transport);
    await server.arrived(5);
    expect(server.connections).toHaveLength(4);
    for (const { stream } of server.streams) answer(stream);
    expect(await apart).toEqual([DELIVERED, DELIVERED, DELIVERED]);
    // They are used again, and no more are made.
    const again = sendThree(transport);
    await server.arrived(8);
    for (const { stream } of server.streams.slice(5)) answer(stream);
    expect(await again).toEqual([DELIVERED, DELIVERED, DELIVERED]);
    expect(server.connections).toHaveLength(4);

    pass(10_000);
    const together = sendThree(transport);
    await server.arrived(11);
    for (const { stream } of server.streams.slice(8)) answer(stream);
    expect(await together).toEqual([DELIVERED, DELIVERED, DELIVERED]);
    await vi.waitUntil(() => openConnections(server) === 1);
  });

  it('so that a request that breaks its connection takes no others with it, however often it is tried', async () => {
    const pass = usePassingTime();
    const server = await startHttp2Server((stream, _, frame) => {
      if (frame.includes('poison')) stream.session?.destroy();
      else setTimeout(() => answer(stream), 20);
    });
    const transport = create({ url: server.url });
    const sendBoth = () => Promise.all([send(transport), send(transport, bodyOf('poison'))]);
    expect(await sendBoth()).toMatchObject([BROKEN, BROKEN]);
    for (let times = 0; times < 5; times += 1) {
      // Each failure counts from anew.
      pass(6_000);
      expect(await sendBoth()).toMatchObject([DELIVERED, BROKEN]);
    }
  });

  it('again after one broke under a single request, which was the reason', async () => {
    const server = await startPatientServer();
    const transport = create({ url: server.url });
    const broken = send(transport);
    await server.arrived(1);
    server.connections[0]?.resetAndDestroy();
    expect(await broken).toMatchObject(BROKEN);
    const three = sendThree(transport);
    await server.arrived(4);
    expect(server.connections).toHaveLength(2);
    for (const { stream } of server.streams) answer(stream);
    expect(await three).toEqual([DELIVERED, DELIVERED, DELIVERED]);
  });

  it('and all that are idle are closed when a request times out, because their host may have vanished', async () => {
    const server = await startPatientServer();
    const transport = create({ url: server.url, timeoutMillis: 500 });
    const broken = Promise.all([send(transport), send(transport)]);
    await server.arrived(2);
    server.connections[0]?.resetAndDestroy();
    await broken;
    const three = sendThree(transport);
    await server.arrived(5);
    for (const { stream } of server.streams.slice(2, 4)) answer(stream);
    expect((await three).map(({ kind }) => kind)).toEqual(['delivered', 'delivered', 'retry']);
    await vi.waitUntil(() => openConnections(server) === 0);
  });
});
