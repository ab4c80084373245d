import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
import { BackpressureMetricReader, OtlpMetricExporter } from '@spillway/metrics';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeLogRecord } from '../../packages/logs/test/make-log-record.ts';
import { MemorySpool } from '../../packages/pipeline/test/spool/memory-spool.ts';
import { prometheusName, selfMetrics } from '../../scripts/self-metric-reference.ts';
import { freePorts } from './src/free-ports.ts';
import { noCollector, type OtelCollector, startOtelCollector } from './src/otel-collector.ts';

/** Spans, of which one is refused because of its size. */
const SPANS = 20;
const MAX_ITEM_BYTES = 100_000;

let collector: OtelCollector<'metrics' | 'items'>;
let scrapeUrl: string;

beforeAll(async () => {
  if (noCollector) return;
  const [port = 0] = await freePorts(1);
  scrapeUrl = `http://127.0.0.1:${port}/metrics`;
  collector = await startOtelCollector({
    routes: {
      metrics: { signals: ['metrics'], exporter: ['prometheus', { endpoint: `127.0.0.1:${port}` }] },
      items: { signals: ['traces', 'logs'] },
    },
  });
});

afterAll(async () => {
  if (noCollector) return;
  await collector[Symbol.asyncDispose]();
});

describe.skipIf(noCollector)("self-metrics through the Collector's Prometheus exporter", () => {
  it('have the names of the reference, the dashboard and the alerts, and the right values', async () => {
    const reader = new BackpressureMetricReader({
      exporter: new OtlpMetricExporter({ url: `${collector.urlOf('metrics')}/v1/metrics` }),
      selfObsMeterProvider: () => meters,
    });
    const meters: MeterProvider = new MeterProvider({ readers: [reader] });
    const spans = new BackpressureSpanProcessor({
      exporter: new OtlpSpanExporter({ url: `${collector.urlOf('items')}/v1/traces` }),
      maxItemBytes: MAX_ITEM_BYTES,
      // Its instruments have no values without a spool.
      spool: new MemorySpool(),
      selfObsMeterProvider: meters,
    });
    const logs = new BackpressureLogRecordProcessor({
      exporter: new OtlpLogRecordExporter({ url: `${collector.urlOf('items')}/v1/logs` }),
      selfObsMeterProvider: meters,
    });
    const tracer = new TracerProvider({ spanProcessors: [spans] }).getTracer('shop');
    for (let span = 1; span < SPANS; span += 1) tracer.startSpan('order').end();
    tracer.startSpan('order', { attributes: { cart: 'x'.repeat(MAX_ITEM_BYTES) } }).end();
    logs.onEmit(makeLogRecord());
    await Promise.all([spans.forceFlush(), logs.forceFlush()]);
    // The first collection exports nothing of its own export, the second one does.
    await meters.forceFlush();
    await meters.forceFlush();

    const series = await scrape();
    for (const instrument of selfMetrics()) {
      const name = prometheusName(instrument);
      const names = instrument.kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
      for (const each of names) expect(series.map((one) => one.name)).toContain(each);
    }
    const valueOf = (name: string, ...labels: readonly string[]): number | undefined =>
      series.find((one) => one.name === name && labels.every((label) => one.labels.includes(label)))?.value;
    const ofSpans = 'otel_component_type="BackpressureSpanProcessor"';
    expect(valueOf('spillway_item_offered_total', ofSpans)).toBe(SPANS);
    expect(valueOf('spillway_item_dropped_total', ofSpans, 'spillway_drop_reason="too_large"')).toBe(1);
    expect(valueOf('otel_sdk_exporter_span_exported_total', 'otel_component_type="otlp_http_span_exporter"')).toBe(
      SPANS - 1,
    );
    expect(valueOf('spillway_pipeline_state', ofSpans, 'spillway_state="normal"')).toBe(1);
    await Promise.all([spans.shutdown(), logs.shutdown(), meters.shutdown()]);
  });
});

/** Every series in the text format of Prometheus. */
async function scrape(): Promise<readonly { name: string; labels: string; value: number }[]> {
  const text = await (await fetch(scrapeUrl)).text();
  return [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels,
    value: Number(value),
  }));
}
