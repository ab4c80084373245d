import { BackpressureMetricReader, OtlpMetricExporter } from '@spillway/metrics';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { expect, it, onTestFinished } from 'vitest';
import { halvesOf, itemsIn } from '@spillway/otlp/parts';
import { loadDefinitions } from '../collector/src/index.ts';

/** The request of a pipeline, as the process hands it over when it ends. */
function requestOf(spansOfScopes: Readonly<Record<string, readonly string[]>>): Uint8Array {
  const processor = new BackpressureSpanProcessor({ exporter: new OtlpSpanExporter({ url: 'http://127.0.0.1:1/' }) });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    spanProcessors: [processor],
  });
  onTestFinished(() => provider.shutdown());
  for (const [scope, names] of Object.entries(spansOfScopes)) {
    for (const name of names)
      provider
        .getTracer(scope, '1.0', { schemaUrl: `urn:${scope}` })
        .startSpan(name)
        .end();
  }
  let bytes = new Uint8Array();
  processor.handOverNext(({ body }) => {
    bytes = new Uint8Array(Buffer.concat(body.chunks));
    return true;
  });
  return bytes;
}

/** A collection of a counter with three series, a histogram with one, and a gauge of another meter with two. */
function collectionRequest(): Uint8Array {
  const reader = new BackpressureMetricReader({ exporter: new OtlpMetricExporter({ url: 'http://127.0.0.1:1/' }) });
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    readers: [reader],
  });
  onTestFinished(() => provider.shutdown());
  const counter = provider.getMeter('orders', '1.0').createCounter('orders');
  for (const kind of ['book', 'pen', 'ink']) counter.add(1, { kind });
  provider.getMeter('orders', '1.0').createHistogram('price').record(7);
  const gauge = provider.getMeter('stock').createGauge('stock');
  for (const kind of ['book', 'pen']) gauge.record(5, { kind });
  let bytes = new Uint8Array();
  reader.handOverNext(({ body }) => {
    bytes = new Uint8Array(Buffer.concat(body.chunks));
    return true;
  });
  return bytes;
}

function splitToTheEnd(signal: 'traces' | 'metrics', bytes: Uint8Array): readonly Uint8Array[] {
  const halves = halvesOf(signal, bytes);
  return halves.length === 0 ? [bytes] : halves.flatMap((half) => splitToTheEnd(signal, half));
}

it('halves of a request, and their halves, have its items, each once and in order, with their resource and scope', async () => {
  const { decodeSpans } = await loadDefinitions();
  const whole = requestOf({ orders: ['a', 'b', 'c'], payments: ['d', 'e'] });
  const parts = splitToTheEnd('traces', whole).map((bytes) => decodeSpans(new Uint8Array(bytes)));
  expect(parts.map((spans) => spans.length)).toEqual([1, 1, 1, 1, 1]);
  expect(parts.flat()).toEqual(decodeSpans(whole));
});

it('halves of metrics, and their halves, have its data points, each once and in order, with all that is around them', async () => {
  const { decodeDataPoints } = await loadDefinitions();
  const whole = collectionRequest();
  const parts = splitToTheEnd('metrics', whole);
  expect(parts.map((bytes) => itemsIn('metrics', bytes))).toEqual([1, 1, 1, 1, 1, 1]);
  expect(parts.flatMap((bytes) => decodeDataPoints(new Uint8Array(bytes)))).toEqual(decodeDataPoints(whole));
});

it('a request that is not of OTLP is not split', () => {
  expect(() => halvesOf('traces', Buffer.from('no protobuf'))).toThrow(RangeError);
});
