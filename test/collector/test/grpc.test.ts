import { onTestFinished, describe, expect, it } from 'vitest';
import { createTransport, type OtlpTransport } from '@spillway/otlp/transport';
import {
  type Collector,
  type CollectorOptions,
  type Fault,
  mintCertificates,
  spawnCollector,
  startCollector,
} from '../src/index.ts';
import { traceBody } from './bodies.ts';

async function start(options: CollectorOptions = {}): Promise<Collector> {
  const collector = await startCollector({ grpc: true, ...options });
  onTestFinished(() => collector.close());
  return collector;
}

function clientOf({ grpcUrl }: Pick<Collector, 'grpcUrl'>, tls?: object): OtlpTransport {
  const transport = createTransport('grpc', 'traces', { url: grpcUrl, ...(tls !== undefined && { tls }) });
  onTestFinished(() => transport.shutdown());
  return transport;
}

async function send(transport: OtlpTransport, signal = new AbortController().signal, { body: bytes } = traceBody(1)) {
  return transport.send({ chunks: [bytes], byteLength: bytes.length }, signal);
}

describe('the collector over gRPC', () => {
  it('counts what it accepts, and records the request like one over HTTP', async () => {
    const collector = await start();
    expect(await send(clientOf(collector))).toEqual({ kind: 'delivered' });
    expect(collector.counts()).toMatchObject({ requests: 1, items: 1, unique: 1, inFlight: 0 });
    expect(collector.requests).toMatchObject([{ path: '/v1/traces', status: 200, items: 1 }]);
  });

  it('works in a process of its own, too', async () => {
    await using collector = await spawnCollector({ grpc: true });
    expect(await send(clientOf(collector))).toEqual({ kind: 'delivered' });
    expect(await collector.counts()).toMatchObject({ requests: 1, unique: 1 });
    await using overHttp = await spawnCollector();
    expect(() => overHttp.grpcUrl).toThrow('`grpc: true`');
  });

  it.each<[Fault, object]>([
    [
      { kind: 'status', code: 429, retryAfter: '2' },
      { kind: 'throttled', retryAfterMs: 2_000 },
    ],
    [
      { kind: 'status', code: 503, retryAfter: '0.25' },
      { kind: 'throttled', retryAfterMs: 250 },
    ],
    [{ kind: 'status', code: 503 }, { kind: 'throttled' }],
    [{ kind: 'status', code: 401 }, { kind: 'refused' }],
    [{ kind: 'status', code: 400 }, { kind: 'refused' }],
    [{ kind: 'max-body', bytes: 10 }, { kind: 'too_large' }],
    [{ kind: 'reset' }, { kind: 'retry' }],
    [{ kind: 'close-before-answer' }, { kind: 'retry' }],
    [{ kind: 'not-http' }, { kind: 'retry' }],
  ])('does not accept with %o', async (fault, outcome) => {
    const collector = await start();
    collector.queueFaults(fault);
    expect(await send(clientOf(collector))).toMatchObject(outcome);
    expect(collector.counts()).toMatchObject({ requests: 1, unique: 0 });
  });

  it.each<[Fault, object]>([
    [{ kind: 'latency', millis: 20 }, { kind: 'delivered' }],
    [
      { kind: 'partial-success', rejected: 1 },
      { kind: 'delivered', rejected: 1 },
    ],
    [{ kind: 'garbage-response' }, { kind: 'delivered', error: { name: 'ResponseBodyError' } }],
    [{ kind: 'reset', keepsItems: true }, { kind: 'retry' }],
  ])('accepts with %o', async (fault, outcome) => {
    const collector = await start();
    collector.queueFaults(fault);
    expect(await send(clientOf(collector))).toMatchObject(outcome);
    expect(collector.counts().items).toBe(fault.kind === 'partial-success' ? 0 : 1);
  });

  it('counts items whose client has left as unanswered', async () => {
    const collector = await start();
    collector.queueFaults({ kind: 'hang' });
    const controller = new AbortController();
    const sending = send(clientOf(collector), controller.signal);
    await collector.until(({ requests }) => requests[0]?.items === 1);
    controller.abort();
    expect(await sending).toMatchObject({ kind: 'retry' });
    await collector.until(() => collector.counts().unanswered === 1);
  });

  it('can be interrupted, and takes the same port again', async () => {
    const collector = await start();
    const client = clientOf(collector);
    await send(client);
    await collector.interrupt();
    expect(await send(client)).toMatchObject({ kind: 'retry' });
    await collector.resume();
    expect(await send(client)).toEqual({ kind: 'delivered' });
  });

  it('breaks all calls on a connection with the one whose connection breaks', async () => {
    const collector = await start();
    const client = clientOf(collector);
    await send(client);
    collector.queueFaults({ kind: 'hang' });
    const other = send(client);
    await collector.until(({ requests }) => requests.length === 2);
    collector.queueFaults({ kind: 'reset' });
    expect(await Promise.all([other, send(client)])).toMatchObject([{ kind: 'retry' }, { kind: 'retry' }]);
    expect(collector.requests.map(({ connection }) => connection)).toEqual([1, 1, 1]);
  });

  it('bears a client that leaves in the middle of an answer, and its other calls go on', async () => {
    const collector = await start();
    const client = clientOf(collector);
    collector.queueFaults({ kind: 'slow-drip', bytesPerSecond: 1, bytes: 8 }, { kind: 'latency', millis: 200 });
    const controller = new AbortController();
    const left = send(client, controller.signal);
    await collector.until(({ requests }) => requests[0]?.status === 200);
    const other = send(client);
    await collector.until(({ requests }) => requests[1]?.items === 1);
    controller.abort();
    expect(await left).toMatchObject({ kind: 'retry', error: { name: 'AbortError' } });
    expect(await other).toEqual({ kind: 'delivered' });
  });

  it('knows that a client whose connection broke may not have got its last answers', async () => {
    const collector = await start();
    const client = clientOf(collector);
    const span = traceBody(1);
    const sendAgain = () => send(client, new AbortController().signal, span);
    await sendAgain();
    collector.queueFaults({ kind: 'reset' });
    await sendAgain();
    await sendAgain();
    expect(collector.counts()).toMatchObject({ unique: 1, duplicates: 1 });
    expect([...collector.talliesOf('traces').values()]).toMatchObject([{ duplicates: 1, unexplained: 0 }]);
    await sendAgain();
    expect([...collector.talliesOf('traces').values()]).toMatchObject([{ duplicates: 2, unexplained: 1 }]);
  });

  it('goes away in good order: calls in flight are answered, and it takes the same port again', async () => {
    const collector = await start();
    const client = clientOf(collector);
    await send(client);
    collector.queueFaults({ kind: 'latency', millis: 100 });
    const inFlight = send(client);
    await collector.until(({ requests }) => requests[1]?.items === 1);
    await collector.goAway();
    expect(await inFlight).toEqual({ kind: 'delivered' });
    expect(await send(client)).toMatchObject({ kind: 'retry', unreachable: true });
    await collector.resume();
    expect(await send(client)).toEqual({ kind: 'delivered' });
  });

  it('can have a process to itself', async () => {
    await using collector = await spawnCollector({ grpc: true });
    expect(await send(clientOf(collector))).toEqual({ kind: 'delivered' });
    await using other = await spawnCollector();
    expect(() => other.grpcUrl).toThrow('grpc: true');
  });

  it('speaks TLS, and may demand a client certificate', async () => {
    const { ca, server, client } = mintCertificates();
    const collector = await start({ tls: { ...server, clientCa: ca } });
    expect(await send(clientOf(collector, { ca }))).toMatchObject({ kind: 'retry' });
    expect(await send(clientOf(collector, { ca, ...client }))).toEqual({ kind: 'delivered' });
  });
});
