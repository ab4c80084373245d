import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { expect, it, onTestFinished } from 'vitest';
import { loadDefinitions } from '../../../../test/collector/src/index.ts';
import { halvesOf } from '../../src/process-end/shipping-program/request-halves.ts';

/** The request of a pipeline, as the process hands it over when it ends. */
function requestOf(spansOfScopes: Readonly<Record<string, readonly string[]>>): Uint8Array {
  const processor = new BackpressureSpanProcessor({ exporter: new OtlpSpanExporter({ url: 'http://127.0.0.1:1/' }) });
  const provider = new BasicTracerProvider({
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

function splitToTheEnd(bytes: Uint8Array): readonly Uint8Array[] {
  const halves = halvesOf(bytes);
  return halves.length === 0 ? [bytes] : halves.flatMap(splitToTheEnd);
}

it('halves of a request, and their halves, have its items, each once and in order, with their resource and scope', async () => {
  const { decodeSpans } = await loadDefinitions();
  const whole = requestOf({ orders: ['a', 'b', 'c'], payments: ['d', 'e'] });
  const parts = splitToTheEnd(whole).map((bytes) => decodeSpans(new Uint8Array(bytes)));
  expect(parts.map((spans) => spans.length)).toEqual([1, 1, 1, 1, 1]);
  expect(parts.flat()).toEqual(decodeSpans(whole));
});

it('a request that is not of OTLP is not split', () => {
  expect(() => halvesOf(Buffer.from('no protobuf'))).toThrow(RangeError);
});
