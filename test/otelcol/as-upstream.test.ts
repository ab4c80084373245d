import {
  ROOT_CONTEXT,
  SeverityNumber,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
  TraceFlags,
} from '@opentelemetry/api';
import { OTLPLogExporter as GrpcLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as GrpcMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as GrpcTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { BackpressureLogRecordProcessor, OtlpLogRecordExporter, type ReadableLogRecordLike } from '@spillway/logs';
import { forEachPoint, OtlpMetricExporter, type ResourceMetricsLike } from '@spillway/metrics';
import type { OtlpExporterOptions } from '@spillway/otlp';
import { BackpressureSpanProcessor, OtlpSpanExporter, type ReadableSpanLike } from '@spillway/trace';
import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordEverything } from '../../packages/metrics/test/record-everything.ts';
import { sdk2Collections } from '../../packages/metrics/test/sdk-2-collections.ts';
import { sdk2Records } from '../../packages/logs/test/sdk-2-records.ts';
import { mintCertificates, type SignalName } from '../collector/src/index.ts';
import { anyCollection } from '../encoding/collection-arbitrary.ts';
import { anyLogRecord } from '../encoding/log-record-arbitrary.ts';
import { anySpan } from '../encoding/span-arbitrary.ts';
import { noCollector, type OtelCollector, startOtelCollector } from './src/otel-collector.ts';
import type { Placed } from './src/received.ts';

type RouteName = 'plain' | 'tls' | 'mutual' | 'upstream';

const certificates = mintCertificates();
const { ca, client } = certificates;

interface Way {
  readonly way: string;
  readonly route: RouteName;
  readonly options: OtlpExporterOptions;
  readonly seed: number;
}

const WAYS: readonly Way[] = [
  { way: 'HTTP', route: 'plain', options: {}, seed: 1 },
  { way: 'HTTP with gzip', route: 'plain', options: { compression: 'gzip' }, seed: 2 },
  { way: 'TLS', route: 'tls', options: { tls: { ca } }, seed: 3 },
  { way: 'HTTP with zstd', route: 'plain', options: { compression: 'zstd' }, seed: 5 },
  { way: 'HTTP in JSON', route: 'plain', options: { protocol: 'http/json' }, seed: 6 },
  { way: 'HTTP in JSON, with zstd', route: 'plain', options: { protocol: 'http/json', compression: 'zstd' }, seed: 7 },
  {
    way: 'TLS with a client certificate, and gzip',
    route: 'mutual',
    options: { compression: 'gzip', tls: { ca, ...client } },
    seed: 4,
  },
  { way: 'gRPC', route: 'plain', options: { protocol: 'grpc' }, seed: 6 },
  { way: 'gRPC with gzip', route: 'plain', options: { protocol: 'grpc', compression: 'gzip' }, seed: 7 },
  { way: 'gRPC with TLS', route: 'tls', options: { protocol: 'grpc', tls: { ca } }, seed: 8 },
  {
    way: 'gRPC with TLS, a client certificate, and gzip',
    route: 'mutual',
    options: { protocol: 'grpc', compression: 'gzip', tls: { ca, ...client } },
    seed: 9,
  },
];

/** Enough items for several batches, of which the last is not full. */
const BATCH_SIZE = 64;
const ITEMS = 300;
/** Each has about twenty data points. */
const COLLECTIONS = 40;

let folder: string;
let collector: OtelCollector<RouteName>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillway-certificates-'));
  const file = (name: string, pem: string): string => {
    const path = join(folder, name);
    writeFileSync(path, pem);
    return path;
  };
  const tls = {
    cert_file: file('server.pem', certificates.server.cert),
    key_file: file('server.key', certificates.server.key),
  };
  const mutual = { ...tls, client_ca_file: file('ca.pem', ca) };
  collector = await startOtelCollector({ routes: { plain: {}, tls: { tls }, mutual: { tls: mutual }, upstream: {} } });
});

afterEach(async () => {
  await collector[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function exporterOptions(signal: SignalName, { route, options }: Pick<Way, 'route' | 'options'>): OtlpExporterOptions {
  const scheme = options.tls === undefined ? 'http' : 'https';
  const url =
    options.protocol === 'grpc' ? collector.grpcUrlOf(route, scheme) : `${collector.urlOf(route, scheme)}/v1/${signal}`;
  return { ...options, url };
}

function isGrpc({ options }: Pick<Way, 'options'>): boolean {
  return options.protocol === 'grpc';
}

/** Upstream's exporter uses the protocol of the way, too. */
function upstreamUrl(signal: SignalName, way: Way): string {
  return isGrpc(way) ? collector.grpcUrlOf('upstream') : `${collector.urlOf('upstream')}/v1/${signal}`;
}

/**
 * Sorts items, each with its resource and scope, for a comparison. The order of items, and how often a request repeats
 * a resource or a scope, has no meaning in OTLP.
 */
function sorted(items: readonly Placed<unknown>[]): unknown[] {
  return items
    .map((item) => ({ item, text: JSON.stringify(item) }))
    .toSorted((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ item }) => item);
}

async function expectSpansAsUpstream(spans: readonly ReadableSpanLike[], way: Way): Promise<void> {
  const upstream = new (isGrpc(way) ? GrpcTraceExporter : OTLPTraceExporter)({ url: upstreamUrl('traces', way) });
  await exportedInBatches(spans as unknown as readonly ReadableSpan[], (batch, done) => upstream.export(batch, done));
  await upstream.shutdown();

  const exporter = new OtlpSpanExporter(exporterOptions('traces', way));
  const processor = new BackpressureSpanProcessor({ exporter, maxExportBatchSize: BATCH_SIZE });
  for (const span of spans) processor.onEnd(span);
  await processor.shutdown();

  const expected = sorted(collector.received('upstream').spans);
  expect(expected).toHaveLength(spans.length);
  expect(sorted(collector.received(way.route).spans)).toEqual(expected);
}

async function expectLogRecordsAsUpstream(records: readonly ReadableLogRecordLike[], way: Way): Promise<void> {
  const upstream = new (isGrpc(way) ? GrpcLogExporter : OTLPLogExporter)({ url: upstreamUrl('logs', way) });
  await exportedInBatches(records as unknown as readonly ReadableLogRecord[], (batch, done) =>
    upstream.export(batch, done),
  );
  await upstream.shutdown();

  const exporter = new OtlpLogRecordExporter(exporterOptions('logs', way));
  const processor = new BackpressureLogRecordProcessor({ exporter, maxExportBatchSize: BATCH_SIZE });
  for (const record of records) processor.onEmit(record);
  await processor.shutdown();

  const expected = sorted(collector.received('upstream').logRecords);
  expect(expected).toHaveLength(records.length);
  expect(sorted(collector.received(way.route).logRecords)).toEqual(expected);
}

async function expectDataPointsAsUpstream(collections: readonly ResourceMetricsLike[], way: Way): Promise<void> {
  const upstream = new (isGrpc(way) ? GrpcMetricExporter : OTLPMetricExporter)({ url: upstreamUrl('metrics', way) });
  const exporter = new OtlpMetricExporter(exporterOptions('metrics', way));
  let points = 0;
  for (const collection of collections) {
    forEachPoint(collection, () => (points += 1));
    // oxlint-disable-next-line no-await-in-loop -- an exporter of metrics gets one collection at a time
    await exported((done) => upstream.export(collection as never, done));
    // oxlint-disable-next-line no-await-in-loop -- the same
    await exported((done) => exporter.export(collection, done));
  }
  await Promise.all([upstream.shutdown(), exporter.shutdown()]);

  const expected = sorted(collector.received('upstream').dataPoints);
  expect(expected).toHaveLength(points);
  expect(sorted(collector.received(way.route).dataPoints)).toEqual(expected);
}

type Done = (result: { readonly code: number; readonly error?: Error }) => void;

/** All at once, the items would be too large for one call of gRPC, which upstream's exporter does not split. */
async function exportedInBatches<Item>(
  items: readonly Item[],
  begin: (batch: Item[], done: Done) => void,
): Promise<void> {
  for (let at = 0; at < items.length; at += BATCH_SIZE) {
    const batch = items.slice(at, at + BATCH_SIZE);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await exported((done) => begin(batch, done));
  }
}

function exported(begin: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    begin(({ code, error }) =>
      code === 0 ? resolve() : reject(error ?? new Error(`upstream's exporter failed with ${code}`)),
    );
  });
}

/** Sets the sampled flag, because processors export only sampled spans. */
function sampled(span: ReadableSpanLike): ReadableSpanLike {
  const context = span.spanContext();
  return { ...span, spanContext: () => ({ ...context, traceFlags: context.traceFlags | TraceFlags.SAMPLED }) };
}

/** Makes a span with everything that an application can set, and one with nothing. */
function makeSpans(tracer: Tracer): void {
  const remote = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  };
  const parent = trace.setSpanContext(ROOT_CONTEXT, remote);
  const span = tracer.startSpan(
    'GET /orders/{id}',
    { kind: SpanKind.SERVER, links: [{ context: remote, attributes: { reason: 'retry' } }] },
    parent,
  );
  span.setAttributes({
    text: 'é漢😀',
    whole: 200,
    fraction: 0.5,
    flags: [true, false],
    sizes: [1, 2.5],
    tags: ['a', 'b'],
  });
  span.addEvent('cache.miss', { key: 'k' });
  span.recordException(new Error('out of stock'));
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'out of stock' });
  span.end();
  tracer.startSpan('bare').end();
}

function spanCollector<Span>(spans: Span[]) {
  return {
    onStart: () => {},
    onEnd: (span: Span) => void spans.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
}

const resource = resourceFromAttributes(
  { 'service.name': 'shop', ports: [1, 2] },
  { schemaUrl: 'https://schemas.test/1' },
);

function sdk3Records(): ReadableLogRecord[] {
  const records: ReadableLogRecord[] = [];
  const processor = {
    onEmit: (record: ReadableLogRecord) => void records.push(record),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const logger = new LoggerProvider({ resource, processors: [processor] }).getLogger('@shop/orders', '1.2.0', {
    attributes: { team: 'blue' },
  });
  const map = { a: [1, { b: null }], bytes: Uint8Array.of(1), deep: { deeper: { deepest: true } } };
  logger.emit({});
  logger.emit({
    body: map,
    attributes: { map, mixed: ['a', 1, null], nothing: null },
    eventName: 'order.placed',
    severityNumber: SeverityNumber.WARN,
    context: ROOT_CONTEXT,
  });
  logger.emit({ body: 'failed', exception: new Error('out of stock') });
  return records;
}

class CollectingReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

async function sdk3Collection(): Promise<ResourceMetrics> {
  const reader = new CollectingReader();
  recordEverything(new MeterProvider({ resource, readers: [reader] }).getMeter('@shop/http', '1.2.0'));
  return (await reader.collect()).resourceMetrics;
}

describe.skipIf(noCollector)('the real Collector writes the same as it does for upstream’s exporter', () => {
  describe.each(WAYS)('over $way', (way) => {
    it('from spans of every shape', async () => {
      await expectSpansAsUpstream(fc.sample(anySpan, { seed: way.seed, numRuns: ITEMS }).map(sampled), way);
    });

    it('from log records of every shape', async () => {
      await expectLogRecordsAsUpstream(fc.sample(anyLogRecord, { seed: way.seed, numRuns: ITEMS }), way);
    });

    it('from data points of every shape', async () => {
      await expectDataPointsAsUpstream(fc.sample(anyCollection, { seed: way.seed, numRuns: COLLECTIONS }), way);
    });

    it('from spans of the SDKs of both lines', async () => {
      const spans: ReadableSpanLike[] = [];
      makeSpans(
        new TracerProvider({ resource, spanProcessors: [spanCollector(spans)] }).getTracer('@shop/http', '1.2.0'),
      );
      makeSpans(new BasicTracerProvider({ spanProcessors: [spanCollector(spans)] }).getTracer('@shop/http', '1.2.0'));
      expect(spans).toHaveLength(4);
      await expectSpansAsUpstream(spans, way);
    });

    it('from log records of the SDKs of both lines', async () => {
      await expectLogRecordsAsUpstream([...sdk3Records(), ...sdk2Records()], way);
    });

    it('from data points of the SDKs of both lines', async () => {
      await expectDataPointsAsUpstream([await sdk3Collection(), ...(await sdk2Collections())], way);
    });
  });
});

describe.skipIf(noCollector)('a Collector that requires a client certificate', () => {
  it.each(['http/protobuf', 'grpc'] as const)(
    'gets nothing from an exporter without one over %s, and the processor keeps its items',
    async (protocol) => {
      const exporter = new OtlpSpanExporter(
        exporterOptions('traces', { route: 'mutual', options: { protocol, tls: { ca } } }),
      );
      const processor = new BackpressureSpanProcessor({ exporter, drainTimeoutMillis: 100 });
      for (const span of fc.sample(anySpan, { seed: 5, numRuns: 10 }).map(sampled)) processor.onEnd(span);
      await expect(processor.forceFlush({ timeoutMillis: 500 })).rejects.toThrow(
        'not everything could be exported within 500 ms',
      );
      expect(collector.received('mutual').spans).toEqual([]);
      const { bufferSize, inFlight } = processor.getMetrics();
      expect(bufferSize + inFlight).toBe(10);
      await processor.shutdown();
    },
  );
});
