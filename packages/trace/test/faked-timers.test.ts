import { trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startCollector } from '../../../test/collector/src/index.ts';
import type * as traces from '../src/index.ts';

/** Loads the modules again, as an application would, without the seam for time that the tests use. */
async function load(): Promise<typeof traces> {
  vi.resetModules();
  return import('../src/index.ts');
}

afterEach(() => {
  vi.useRealTimers();
  trace.disable();
});

describe('if the tests of an application fake the timers', { timeout: 10_000 }, () => {
  it.each([
    ['after the package was loaded', false],
    ['before the package is loaded', true],
  ])('%s, forceFlush and shutdown still deliver spans', async (_, fakedFirst) => {
    const collector = await startCollector();
    if (fakedFirst) vi.useFakeTimers();
    const { BackpressureSpanProcessor, OtlpSpanExporter } = await load();
    vi.useFakeTimers();
    const processor = new BackpressureSpanProcessor({
      exporter: new OtlpSpanExporter({ url: `${collector.url}/v1/traces`, compression: 'gzip' }),
    });
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'shop' }),
      spanProcessors: [processor],
    });
    const tracer = provider.getTracer('orders');
    tracer.startSpan('before').end();
    await provider.forceFlush();
    expect(collector.spans().map(({ span }) => span.name)).toEqual(['before']);
    tracer.startSpan('after').end();
    await processor.shutdown();
    expect(collector.spans().map(({ span }) => span.name)).toEqual(['before', 'after']);
    vi.useRealTimers();
    await collector.close();
  });

  it('and there is no collector, forceFlush and shutdown still end by their own limits', async () => {
    const { BackpressureSpanProcessor, OtlpSpanExporter } = await load();
    vi.useFakeTimers();
    const exporter = new OtlpSpanExporter({ url: 'http://127.0.0.1:1/v1/traces' });
    const processor = new BackpressureSpanProcessor({ exporter, drainTimeoutMillis: 50 });
    new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('orders').startSpan('lost').end();
    await expect(processor.forceFlush({ timeoutMillis: 50 })).rejects.toThrow('forceFlush');
    await processor.shutdown();
    expect(processor.getMetrics().droppedByReason.drain_timeout).toBe(1);
  });
});
