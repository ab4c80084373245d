import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  loadDefinitions,
  mintCertificates,
  type ReceivedDataPoint,
  valueOf,
} from '../../../../test/collector/src/index.ts';
import type { GrpcRequestToHandOver, OutgoingRequest } from '@spillway/otlp/transport';
import { Shipment, type ShipmentOptions } from '../../src/process-end/ship.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';
import { useEndingPrograms } from './ending-program.ts';
import { startGrpcReceiver } from './grpc-receiver.ts';

/** Far above what any of these takes, so that what ends before it has ended by a rule. */
const LIMIT_MILLIS = 10_000;
const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const LOGS = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
const METRICS = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';

function requestTo(
  origin: string,
  rest: Partial<GrpcRequestToHandOver> = {},
  bytes: Uint8Array = Buffer.from('spans'),
): OutgoingRequest {
  return {
    protocol: 'grpc',
    signal: 'traces',
    itemCount: 1,
    url: `${origin}${TRACES}`,
    headers: { 'content-type': 'application/grpc', 'user-agent': 'Spillway/1', 'x-tenant': 'a' },
    body: { chunks: [bytes], byteLength: bytes.length },
    ...rest,
  };
}

/** An interval that never ends in these tests. */
const METERED = "metrics: { exportIntervalMillis: 60_000, temporalityPreference: 'delta' },";

/** The values of the counter that every program has, in order. */
function ordersOf(points: readonly ReceivedDataPoint[]): number[] {
  return points.filter(({ metric }) => metric.name === 'orders').map(valueOf);
}

/** @returns what was lost */
function ship(request: OutgoingRequest, options: Partial<ShipmentOptions> = {}): Shipment['losses'] {
  const shipment = new Shipment({ startedAt: Date.now(), limitMillis: LIMIT_MILLIS, ...options });
  expect(shipment.take(request)).toBe(true);
  shipment.end();
  return shipment.losses;
}

describe('the process that ships over gRPC', () => {
  it.each([true, false])('sends a message with its metadata (streamed: %s)', async (isStreamed) => {
    const receiver = await startGrpcReceiver();
    expect(ship(requestTo(`http://127.0.0.1:${receiver.port}`), { isStreamed })).toEqual([]);
    const [call, ...others] = await receiver.calls();
    expect(others).toEqual([]);
    expect(Buffer.from(call?.message ?? []).toString()).toBe('spans');
    expect(call?.metadata).toMatchObject({ 'x-tenant': 'a', 'user-agent': 'Spillway/1' });
  });

  it('sends over TLS, by the name that is expected', async () => {
    const { ca, server } = mintCertificates();
    const receiver = await startGrpcReceiver({ tls: server });
    expect(ship(requestTo(`https://127.0.0.1:${receiver.port}`, { tls: { ca, servername: 'localhost' } }))).toEqual([]);
    expect(await receiver.calls()).toHaveLength(1);
    expect(ship(requestTo(`https://127.0.0.1:${receiver.port}`), { limitMillis: 1_000 })).toMatchObject([
      { items: 1, mayHaveArrived: false },
    ]);
  });

  describe('to a socket of Unix', () => {
    const folder = useTemporaryFolder();

    it('sends, too', async () => {
      const socketPath = join(folder.path('.'), 'otel.sock');
      const receiver = await startGrpcReceiver({ path: socketPath });
      expect(ship(requestTo('http://localhost', { socketPath }))).toEqual([]);
      expect(await receiver.calls()).toHaveLength(1);
    });
  });

  it('compresses, and sends again without to a collector that does not take it', async () => {
    const receiver = await startGrpcReceiver({
      answer: 'index === 0 ? fail(12, "no decompressor for gzip") : answer();',
    });
    const large = Buffer.alloc(100_000, 7);
    expect(ship(requestTo(`http://127.0.0.1:${receiver.port}`, { compression: 'gzip' }, large))).toEqual([]);
    const calls = await receiver.calls();
    expect(calls.map(({ message }) => Buffer.from(message).equals(large))).toEqual([true, true]);
  });

  it.each([
    ['is unavailable', 'index < 2 ? fail(14, "busy") : answer();', 3],
    ['aborts', 'index < 1 ? fail(10, "conflict") : answer();', 2],
  ])('sends again to a collector that %s', async (_, answer, count) => {
    const receiver = await startGrpcReceiver({ answer });
    expect(ship(requestTo(`http://127.0.0.1:${receiver.port}`))).toEqual([]);
    expect(await receiver.calls()).toHaveLength(count);
  });

  it('reports what the collector refuses, without secrets', async () => {
    const receiver = await startGrpcReceiver({ answer: 'fail(3, "bad " + call.metadata.get("api-key")[0]);' });
    const headers = { 'api-key': 'a-long-secret-key' };
    expect(ship(requestTo(`http://127.0.0.1:${receiver.port}`, { headers }))).toMatchObject([
      {
        items: 1,
        reason: 'rejected',
        cause: `127.0.0.1:${receiver.port} answered INVALID_ARGUMENT: bad ***`,
        mayHaveArrived: false,
      },
    ]);
  });

  it('stops early if nobody listens', () => {
    const startedAt = Date.now();
    expect(ship(requestTo('http://127.0.0.1:1'))).toMatchObject([
      { items: 1, reason: 'drain_timeout', cause: expect.stringContaining('ECONNREFUSED'), mayHaveArrived: false },
    ]);
    expect(Date.now() - startedAt).toBeLessThan(LIMIT_MILLIS / 2);
  });
});

describe('a process that ends at once', () => {
  const programs = useEndingPrograms();

  it.each(['esm', 'cjs'] as const)(
    'ships all signals over gRPC, although it has sent nothing yet (%s)',
    async (format) => {
      const receiver = await startGrpcReceiver();
      const { code, stderr } = await programs.run('emit(20); process.exit(3);', {
        url: `http://127.0.0.1:${receiver.port}`,
        format,
        options: METERED,
        env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      });
      expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
      const calls = await receiver.calls();
      const definitions = await loadDefinitions();
      const points = calls
        .filter(({ method }) => method === METRICS)
        .map(({ message }) => definitions.decodeDataPoints(message));
      const spans = calls
        .filter(({ method }) => method === TRACES)
        .map(({ message }) => definitions.decodeSpans(message));
      const records = calls
        .filter(({ method }) => method === LOGS)
        .map(({ message }) => definitions.decodeLogRecords(message));
      expect(spans.flat()).toHaveLength(20);
      expect(records.flat()).toHaveLength(20);
      expect(ordersOf(points.flat())).toEqual([20]);
    },
  );

  it('ships the metrics of its last interval over gRPC, after those that the collector did not take at first', async () => {
    const receiver = await startGrpcReceiver({ answer: 'index < 2 ? fail(14, "busy") : answer();' });
    const { code } = await programs.run('emit(5); setTimeout(() => { emit(7); process.exit(3); }, 400);', {
      url: `http://127.0.0.1:${receiver.port}`,
      options:
        "metrics: { exportIntervalMillis: 200, temporalityPreference: 'delta' }, processor: { scheduledDelayMillis: 60_000 },",
      env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    });
    expect(code).toBe(3);
    const { decodeDataPoints } = await loadDefinitions();
    const taken = (await receiver.calls()).filter(({ method }) => method === METRICS);
    const orders = ordersOf(taken.flatMap(({ message }) => decodeDataPoints(message)));
    expect(orders.at(-1)).toBe(7);
    expect(new Set(orders.slice(0, -1))).toEqual(new Set([5]));
  });

  it('ships to a collector that was splitting requests that are too large', async () => {
    const receiver = await startGrpcReceiver({
      answer: 'call.request.length > 1500 ? fail(8, "grpc: received message larger than max") : answer();',
    });
    const { code } = await programs.run('emit(40); process.exit(3);', {
      url: `http://127.0.0.1:${receiver.port}`,
      env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    });
    expect(code).toBe(3);
    const { decodeSpans, decodeLogRecords } = await loadDefinitions();
    const taken = (await receiver.calls()).filter(({ message }) => message.length <= 1500);
    expect(taken.filter(({ method }) => method === TRACES).flatMap(({ message }) => decodeSpans(message))).toHaveLength(
      40,
    );
    expect(
      taken.filter(({ method }) => method === LOGS).flatMap(({ message }) => decodeLogRecords(message)),
    ).toHaveLength(40);
  });
});
