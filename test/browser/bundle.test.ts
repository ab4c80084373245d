import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type * as logs from '@spillway/logs';
import type * as trace from '@spillway/trace';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../collector/src/index.ts';
import { browserGlobals } from './browser-globals.ts';
import { type Bundle, bundleFor, loadInto } from './bundle.ts';
import { endSpans, logRecord } from './page-items.ts';

/** Loads a bundle with only the globals of a browser. */
function load(bundle: Bundle, more: Record<string, unknown> = {}): typeof trace & typeof logs {
  return loadInto({ ...browserGlobals(), ...more }, bundle);
}

describe('a bundle of @spillway/trace and @spillway/logs for browsers', () => {
  let bundle: Bundle;
  let collector: Collector;

  beforeAll(async () => {
    bundle = await bundleFor('browser');
  });

  beforeEach(async () => {
    collector = await startCollector();
  });

  afterEach(() => collector.close());

  it('imports nothing and uses no global of Node', () => {
    expect(bundle.imports).toEqual([]);
    expect(bundle.code).not.toContain('node:');
    expect(bundle.linesWithNodeGlobals).toEqual([]);
  });

  it('differs in that from a bundle for Node', async () => {
    const forNode = await bundleFor('node');
    expect(forNode.imports).toContain('node:async_hooks');
    expect(forNode.code).toContain('getBuiltinModule("node:http")');
    expect(forNode.linesWithNodeGlobals.join('\n')).toMatch(
      /GLOBAL_OF_NODE_process[^]*GLOBAL_OF_NODE_Buffer|GLOBAL_OF_NODE_Buffer[^]*GLOBAL_OF_NODE_process/,
    );
  });

  it('delivers every log record over fetch, and recognises records that an export logs', async () => {
    const { BackpressureLogRecordProcessor, OtlpLogRecordExporter } = load(bundle);
    const exporter = new OtlpLogRecordExporter({
      url: `${collector.url}/v1/logs`,
      headers: () => {
        processor.onEmit(logRecord());
        return {};
      },
    });
    const processor = new BackpressureLogRecordProcessor({ exporter, maxExportBatchSize: 100 });
    for (let index = 0; index < 250; index += 1) processor.onEmit(logRecord());
    await processor.shutdown();
    expect(collector.logRecords()).toHaveLength(250);
    expect(processor.getMetrics().droppedByReason.feedback).toBe(collector.requests.length);
  });

  it('delivers every span over fetch', async () => {
    const { BackpressureSpanProcessor, OtlpSpanExporter } = load(bundle);
    const exporter = new OtlpSpanExporter({ url: `${collector.url}/v1/traces` });
    const processor = new BackpressureSpanProcessor({ exporter, maxExportBatchSize: 100 });
    endSpans(processor, 1_050);
    await processor.forceFlush();
    expect(collector.counts()).toMatchObject({ unique: 1_050 });
    endSpans(processor, 5);
    await processor.shutdown();
    expect(processor.getMetrics()).toMatchObject({
      eventsOffered: 1_055,
      eventsFlushed: 1_055,
      bufferSize: 0,
      inFlight: 0,
    });
    expect(collector.counts()).toMatchObject({ items: 1_055, unique: 1_055, duplicates: 0 });
    expect(collector.spans()[0]).toMatchObject({ span: { name: 'click' }, scope: { name: 'clicks' } });
  });

  it('keeps its spans while the collector fails, and delivers them compressed', async () => {
    collector.queueFaults(
      { kind: 'status', code: 503 },
      { kind: 'reset' },
      { kind: 'status', code: 429, retryAfter: '1' },
    );
    const { BackpressureSpanProcessor, OtlpSpanExporter } = load(bundle);
    const exporter = new OtlpSpanExporter({ url: `${collector.url}/v1/traces`, compression: 'gzip' });
    const processor = new BackpressureSpanProcessor({ exporter });
    endSpans(processor, 700);
    await processor.shutdown();
    expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 700, eventsFailed: 0, eventsDropped: 0 });
    expect(collector.counts()).toMatchObject({ unique: 700, duplicates: 0 });
    expect(new Set(collector.requests.map(({ headers }) => headers['content-encoding']))).toEqual(new Set(['gzip']));
  });

  it('lets small requests outlive their page, and sends the others normally', async () => {
    const keptAlive: unknown[] = [];
    const fetchOfPage: typeof fetch = (input, init) => {
      keptAlive.push(init?.keepalive ?? false);
      return fetch(input, init);
    };
    const { BackpressureSpanProcessor, OtlpSpanExporter } = load(bundle, { document: {}, fetch: fetchOfPage });
    const exporter = new OtlpSpanExporter({ url: `${collector.url}/v1/traces` });
    const processor = new BackpressureSpanProcessor({ exporter, maxExportBatchSize: 1_000, maxConcurrentExports: 1 });
    endSpans(processor, 1_001);
    await processor.shutdown();
    expect(keptAlive).toEqual([false, true]);
    expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 1_001, eventsRetried: 0 });
    expect(collector.counts()).toMatchObject({ unique: 1_001, duplicates: 0 });
  });

  it('records metrics about itself once their code is loaded', async () => {
    const reader = new PeriodicExportingMetricReader({
      exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
    });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const { BackpressureSpanProcessor, OtlpSpanExporter } = load(bundle);
    const exporter = new OtlpSpanExporter({ url: `${collector.url}/v1/traces` });
    const processor = new BackpressureSpanProcessor({ exporter, selfObsMeterProvider: meterProvider });
    endSpans(processor, 100);
    await processor.forceFlush();
    const { resourceMetrics } = await reader.collect();
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    const pointsOf = (name: string) => metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
    expect(pointsOf('otel.sdk.exporter.span.exported').map(({ value }) => value)).toEqual([100]);
    expect(pointsOf('otel.sdk.exporter.operation.duration').map(({ value }) => value)).toMatchObject([{ count: 1 }]);
    await processor.shutdown();
    await meterProvider.shutdown();
  });

  it('refuses a spool that needs files, which a page has not', () => {
    const { BackpressureSpanProcessor } = load(bundle);
    const spool = { join: () => ({}) } as never;
    expect(() => new BackpressureSpanProcessor({ spool })).toThrow(
      'spool must be a PageSpool of @spillway/web in a page',
    );
  });

  it('refuses options that fetch does not support', () => {
    const { OtlpSpanExporter } = load(bundle);
    expect(() => new OtlpSpanExporter({ tls: { rejectUnauthorized: false } })).toThrow(
      'tls is not possible with fetch',
    );
  });
});
