import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { OtlpExporterOptions } from '@spillway/otlp';
import type { ExportResultLike } from '@spillway/pipeline';
import { BackpressureSpanProcessor, OtlpSpanExporter, type ReadableSpanLike } from '@spillway/trace';
import { beforeEach, describe, expect, it } from 'vitest';
import { blockThreadPool } from '../../packages/otlp/test/transport/blocked-thread-pool.ts';
import { startCollector } from '../collector/src/index.ts';

/** The limit of each wait. */
const LIMIT_MILLIS = 100;
/** Long enough for its request to be compressed: below 1 KiB, none is. */
const LONG_NAME = 'span '.repeat(300);
/** Far beyond any limit, so a wait that ignores its deadline has not ended by then. */
const PATIENCE_MILLIS = 4_000;

interface Wait {
  readonly what: string;
  readonly options?: OtlpExporterOptions;
  readonly before?: () => Promise<void>;
  readonly hangs?: boolean;
}

const WAITS: readonly Wait[] = [
  { what: 'a headers function that never answers', options: { headers: () => new Promise(() => {}) } },
  { what: 'an agent function that never answers', options: { httpAgentOptions: () => new Promise(() => {}) } },
  {
    what: 'a name look-up that never ends',
    options: { url: 'http://collector.test/v1/traces', httpAgentOptions: { lookup: () => {} } },
  },
  { what: 'compression that gets no thread', options: { compression: 'gzip' }, before: blockThreadPool },
  { what: 'a collector that never answers', hangs: true },
];

describe.each(WAITS)('$what', ({ options = {}, before, hangs = false }) => {
  let newExporter: (timeoutMillis: number) => OtlpSpanExporter;

  beforeEach(async () => {
    const collector = await startCollector();
    if (hangs) collector.setFault({ kind: 'hang' });
    newExporter = (timeoutMillis) =>
      new OtlpSpanExporter({ url: `${collector.url}/v1/traces`, timeoutMillis, ...options });
    await before?.();
    return () => collector.close();
  });

  function processorOf(spans: number): BackpressureSpanProcessor {
    const processor = new BackpressureSpanProcessor({
      exporter: newExporter(60_000),
      drainTimeoutMillis: LIMIT_MILLIS,
    });
    const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('waits');
    for (let index = 0; index < spans; index += 1) tracer.startSpan(LONG_NAME).end();
    return processor;
  }

  it('delays neither a forceFlush nor a shutdown beyond its limit', { timeout: PATIENCE_MILLIS }, async () => {
    const processor = processorOf(3);
    await expect(processor.forceFlush({ timeoutMillis: LIMIT_MILLIS })).rejects.toThrow(`within ${LIMIT_MILLIS} ms`);
    await processor.shutdown();
    expect(processor.getMetrics()).toMatchObject({ bufferSize: 0, inFlight: 0, droppedByReason: { drain_timeout: 3 } });
  });

  it('does not delay a direct export of the exporter beyond its limit', { timeout: PATIENCE_MILLIS }, async () => {
    const spans: ReadableSpanLike[] = [];
    const recording = {
      onStart() {},
      onEnd: (span: ReadableSpanLike) => spans.push(span),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    new TracerProvider({ spanProcessors: [recording] }).getTracer('waits').startSpan(LONG_NAME).end();
    const exporter = newExporter(LIMIT_MILLIS);
    const result = await new Promise<ExportResultLike>((resolve) => exporter.export(spans, resolve));
    expect(result.code).toBe(1);
    await exporter.shutdown();
  });
});
