import { diag, type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { BackpressureSpanProcessor, type BackpressureSpanProcessorOptions, OtlpSpanExporter, type ReadableSpanLike } from '@spillway/trace';
import type { ExportResultLike } from '@spillway/otlp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Collector, startCollector } from '../../../test/collector/src/index.ts';
import { recordingExporter, ScriptedExporter } from './scripted-exporter.ts';

/** One SDK line: how its provider is made, and what of it the tests need. */
export interface SdkLine {
  readonly name: string;
  provider(options: { processors: BackpressureSpanProcessor[]; resource?: object; sampled?: boolean }): {
    getTracer(name: string, version?: string, options?: { schemaUrl?: string }): Tracer;
    shutdown(): Promise<void>;
  };
  /** A resource whose attributes are still being detected. */
  pendingResource(attribute: Promise<string>): object;
  /** Upstream's own batch processor. */
  batchSpanProcessor(exporter: object): object;
  isTracingSuppressed(): boolean;
}

/** What both SDK lines must see of the processor, for the specification says so or users of upstream rely on it. */
export function describeProcessor(line: SdkLine): void {
  let collector: Collector;
  const processors: BackpressureSpanProcessor[] = [];

  beforeEach(async () => {
    collector = await startCollector();
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const processor of processors.splice(0)) {
      await processor.shutdown();
      expectLaw(processor);
    }
    await collector.close();
  });

  function processorWith(options: BackpressureSpanProcessorOptions = {}): BackpressureSpanProcessor {
    const exporter = options.exporter ?? new OtlpSpanExporter({ url: `${collector.url}/v1/traces` });
    const processor = new BackpressureSpanProcessor({ drainTimeoutMillis: 300, ...options, exporter });
    processors.push(processor);
    return processor;
  }

  function tracerOf(processor: BackpressureSpanProcessor, options: { resource?: object; sampled?: boolean } = {}): Tracer {
    return line.provider({ processors: [processor], ...options }).getTracer('shop', '1.2.3', { schemaUrl: 'https://schema.example/1' });
  }

  function endSpans(tracer: Tracer, count: number, name = 'span'): Span[] {
    return Array.from({ length: count }, (_, index) => {
      const span = tracer.startSpan(`${name} ${index}`);
      span.end();
      return span;
    });
  }

  describe(`a span of SDK ${line.name}`, () => {
    it('arrives whole: name, attributes, scope, parent and ids', async () => {
      const processor = processorWith();
      const tracer = tracerOf(processor);
      const span = tracer.startSpan('GET /', { attributes: { method: 'GET', count: 3, ratio: 0.5, ok: true, tags: ['a', 'b'] } });
      span.addEvent('found', { rows: 7 });
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'broken' });
      span.end();
      await processor.forceFlush();

      const received = collector.spans()[0];
      expect(received?.span.name).toBe('GET /');
      expect(received?.span.attributes.map(({ key }) => key)).toEqual(['method', 'count', 'ratio', 'ok', 'tags']);
      expect(received?.span.events[0]?.name).toBe('found');
      expect(received?.span.status).toMatchObject({ code: 2, message: 'broken' });
      expect(received?.scope).toMatchObject({ name: 'shop', version: '1.2.3' });
      expect(new Map(collector.ids)).toEqual(new Map([[span.spanContext().spanId, 1]]));
    });

    it('is exported in the order in which spans ended', async () => {
      const processor = processorWith({ maxExportBatchSize: 10, maxConcurrentExports: 1 });
      endSpans(tracerOf(processor), 35);
      await processor.forceFlush();
      expect(collector.spans().map(({ span }) => span.name)).toEqual(Array.from({ length: 35 }, (_, index) => `span ${index}`));
    });

    it('is not exported when it is not sampled', async () => {
      const processor = processorWith();
      endSpans(tracerOf(processor, { sampled: false }), 3);
      await processor.forceFlush();
      expect(collector.requests).toHaveLength(0);
      expect(processor.getMetrics().eventsOffered).toBe(0);
    });

    it('leaves at once with a full batch, whatever the delay', async () => {
      const processor = processorWith({ maxExportBatchSize: 5, scheduledDelayMillis: 1_000_000 });
      endSpans(tracerOf(processor), 5);
      await collector.until(() => collector.counts().unique === 5);
    });

    it('leaves by the timer when its batch does not fill', async () => {
      const processor = processorWith({ scheduledDelayMillis: 50 });
      endSpans(tracerOf(processor), 1);
      await collector.until(() => collector.counts().unique === 1);
    });

    it('loses an attribute that cannot be encoded, and is counted and delivered with the rest', async () => {
      const processor = processorWith();
      const cyclic: unknown[] = [];
      cyclic.push(cyclic);
      const span = tracerOf(processor).startSpan('odd');
      Object.assign((span as unknown as ReadableSpanLike).attributes, { cyclic, fine: 1 });
      span.end();
      await processor.forceFlush();

      const received = collector.spans()[0]?.span;
      expect(received?.attributes.map(({ key }) => key)).toEqual(['fine']);
      expect(received?.droppedAttributesCount).toBe(1);
    });

    it('waits for attributes of its resource that are still being detected, once', async () => {
      const detection = Promise.withResolvers<string>();
      const resource = line.pendingResource(detection.promise);
      const processor = processorWith({ maxExportBatchSize: 1 });
      endSpans(tracerOf(processor, { resource }), 1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(collector.requests).toHaveLength(0);
      detection.resolve('host-1');
      await processor.forceFlush();
      expect(collector.spans()[0]?.resource?.attributes).toContainEqual(expect.objectContaining({ key: 'host.id' }));
    });

    it('is exported without those attributes when detection never ends', async () => {
      const resource = line.pendingResource(new Promise(() => {}));
      const processor = processorWith({ maxExportBatchSize: 1, exportTimeoutMillis: 50 });
      endSpans(tracerOf(processor, { resource }), 1);
      await collector.until(() => collector.counts().unique === 1);
    });
  });

  describe(`forceFlush under SDK ${line.name}`, () => {
    it('waits for what is in flight as well as for what is queued', async () => {
      collector.setFault({ kind: 'latency', millis: 100 });
      const processor = processorWith({ maxExportBatchSize: 2, maxConcurrentExports: 1 });
      endSpans(tracerOf(processor), 5);
      await Promise.all([processor.forceFlush(), processor.forceFlush()]);
      expect(collector.counts().unique).toBe(5);
    });

    it('rejects when the time is over, and the spans are delivered later', async () => {
      collector.queueFaults({ kind: 'latency', millis: 200 });
      const processor = processorWith();
      endSpans(tracerOf(processor), 1);
      await expect(processor.forceFlush({ timeoutMillis: 20 })).rejects.toThrow('within 20 ms');
      await processor.forceFlush();
      expect(collector.counts().unique).toBe(1);
    });

    it('without a limit waits as long as it takes', async () => {
      const exporter = recordingExporter();
      exporter.forceFlush = () => new Promise((resolve) => setTimeout(resolve, 30));
      const processor = processorWith({ exporter });
      endSpans(tracerOf(processor), 1);
      await processor.forceFlush({ timeoutMillis: Infinity });
      expect(exporter.exported).toHaveLength(1);
    });

    it('resolves at once when there is nothing', async () => {
      await processorWith().forceFlush();
      expect(collector.requests).toHaveLength(0);
    });

    it("is given the exporter's turn after the spans, and fails when that fails", async () => {
      const exporter = recordingExporter();
      exporter.forceFlush = vi.fn<() => Promise<void>>(async () => {
        expect(exporter.exported).toHaveLength(2);
        throw new Error('exporter cannot flush');
      });
      const processor = processorWith({ exporter });
      endSpans(tracerOf(processor), 2);
      await expect(processor.forceFlush()).rejects.toThrow('exporter cannot flush');
    });
  });

  describe(`shutdown under SDK ${line.name}`, () => {
    it('exports what is left, shuts the exporter down once, and only counts what comes after', async () => {
      const exporter = recordingExporter();
      const processor = processorWith({ exporter });
      const tracer = tracerOf(processor);
      endSpans(tracer, 3);
      await Promise.all([processor.shutdown(), processor.shutdown()]);
      endSpans(tracer, 2);
      await processor.forceFlush();

      expect(exporter.exported).toHaveLength(3);
      expect(exporter.shutdown).toHaveBeenCalledTimes(1);
      expect(processor.getMetrics().droppedByReason.shutdown).toBe(2);
    });

    it('reaches the exporter though its forceFlush fails and its export hangs', async () => {
      const exporter = new ScriptedExporter(() => {});
      exporter.forceFlush = () => Promise.reject(new Error('no'));
      const processor = processorWith({ exporter, drainTimeoutMillis: 50 });
      endSpans(tracerOf(processor), 3);
      await processor.shutdown();
      expect(exporter.shutdown).toHaveBeenCalledTimes(1);
      expect(processor.getMetrics().droppedByReason.shutdown).toBe(3);
    });

    it('during a forceFlush delivers what both wait for', async () => {
      collector.setFault({ kind: 'latency', millis: 50 });
      const processor = processorWith();
      endSpans(tracerOf(processor), 3);
      await Promise.all([processor.forceFlush(), processor.shutdown()]);
      expect(collector.counts()).toMatchObject({ unique: 3, duplicates: 0 });
    });
  });

  describe(`a foreign exporter under SDK ${line.name}`, () => {
    const failure = (code?: number | string): ExportResultLike => ({ code: 1, error: Object.assign(new Error('failed'), { code }) });

    it('gets one export at a time, of spans as objects, with tracing suppressed', async () => {
      let running = 0;
      const exporter = new ScriptedExporter((_, done) => {
        running += 1;
        expect(running).toBe(1);
        expect(line.isTracingSuppressed()).toBe(true);
        setImmediate(() => {
          running -= 1;
          done({ code: 0 });
        });
      });
      const processor = processorWith({ exporter, maxExportBatchSize: 2 });
      endSpans(tracerOf(processor), 6);
      await processor.forceFlush();
      expect(exporter.calls.map((spans) => spans.length)).toEqual([2, 2, 2]);
    });

    it.each([
      ['throws', () => { throw new Error('bug'); }],
      ['rejects', async () => { throw new Error('bug'); }],
      ['never calls back', () => {}],
      ['reports a passing failure', (_: unknown, done: (result: ExportResultLike) => void) => done(failure(503))],
      ['reports that there is no connection', (_: unknown, done: (result: ExportResultLike) => void) => done(failure('ECONNREFUSED'))],
    ] as const)('that %s once gets the spans again', async (_, first) => {
      const exporter = new ScriptedExporter(first, (_spans, done) => done({ code: 0 }));
      const processor = processorWith({ exporter, exportTimeoutMillis: 30 });
      endSpans(tracerOf(processor), 3);
      await processor.forceFlush();
      expect(exporter.calls.map((spans) => spans.map(({ name }) => name))).toEqual([
        ['span 0', 'span 1', 'span 2'],
        ['span 0', 'span 1', 'span 2'],
      ]);
      expect(processor.getMetrics().eventsFlushed).toBe(3);
    });

    it('that throws at one batch again and again loses that batch, and not the ones behind it', async () => {
      const exporter = new ScriptedExporter((spans, done) => {
        if (spans.some(({ name }) => name === 'span 0')) throw new Error('cannot serialize');
        done({ code: 0 });
      });
      const processor = processorWith({ exporter, maxExportBatchSize: 1, retry: { initialBackoffMs: 1, maxBackoffMs: 1 } });
      endSpans(tracerOf(processor), 3);
      await processor.forceFlush();
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 2, eventsFailed: 1 });
    });

    it('that never calls back for one batch loses that batch, and not the ones behind it', async () => {
      const exporter = new ScriptedExporter((spans, done) => {
        if (spans.every(({ name }) => name !== 'span 0')) done({ code: 0 });
      });
      const processor = processorWith({ exporter, maxExportBatchSize: 1, exportTimeoutMillis: 10, retry: { initialBackoffMs: 1, maxBackoffMs: 1 } });
      endSpans(tracerOf(processor), 3);
      await processor.forceFlush();
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 2, eventsFailed: 1 });
    });

    it('that extends ours and overrides export has its export called', async () => {
      class Redacting extends OtlpSpanExporter {
        override export(spans: ReadableSpanLike[], done: (result: ExportResultLike) => void): void {
          super.export(spans.filter(({ name }) => name !== 'span 1'), done);
        }
      }
      const processor = processorWith({ exporter: new Redacting({ url: `${collector.url}/v1/traces` }) });
      endSpans(tracerOf(processor), 3);
      await processor.forceFlush();
      expect(collector.spans().map(({ span }) => span.name)).toEqual(['span 0', 'span 2']);
    });

    it('that reports a final failure costs that batch and no more', async () => {
      const exporter = new ScriptedExporter((_, done) => done(failure(400)), (_, done) => done({ code: 0 }));
      const processor = processorWith({ exporter, maxExportBatchSize: 2 });
      endSpans(tracerOf(processor), 4);
      await processor.forceFlush();
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 2, eventsFailed: 2 });
    });

    it('that reports an error which is its own cause costs that batch and no more', async () => {
      const circular = new Error('circular');
      circular.cause = circular;
      const exporter = new ScriptedExporter((_, done) => done({ code: 1, error: circular }), (_, done) => done({ code: 0 }));
      const processor = processorWith({ exporter, maxExportBatchSize: 2 });
      endSpans(tracerOf(processor), 4);
      await processor.forceFlush();
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 2, eventsFailed: 2 });
    });

    it('whose shutdown throws something strange, with a logger that throws, does not make shutdown reject', async () => {
      const exporter = new ScriptedExporter(() => {});
      exporter.shutdown.mockImplementation(() => {
        throw Object.create(null);
      });
      const broken = vi.spyOn(diag, 'error').mockImplementation(() => {
        throw new Error('logger');
      });
      const processor = processorWith({ exporter, drainTimeoutMillis: 10 });
      endSpans(tracerOf(processor), 1);
      await processor.shutdown();
      broken.mockRestore();
      expect(exporter.shutdown).toHaveBeenCalledTimes(1);
    });

    it('that calls back twice is heard once', async () => {
      const exporter = new ScriptedExporter((_, done) => {
        done({ code: 0 });
        done(failure());
        done({ code: 0 });
      });
      const processor = processorWith({ exporter });
      endSpans(tracerOf(processor), 3);
      await processor.forceFlush();
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 3, eventsFailed: 0 });
    });
  });

  describe(`configuration under SDK ${line.name}`, () => {
    it.each([
      [{ maxQueueSize: 0 }, /maxQueueSize.*0/],
      [{ maxQueueSize: Number.NaN }, /maxQueueSize.*NaN/],
      [{ maxQueueSize: 10, maxExportBatchSize: 11 }, /maxExportBatchSize \(11\).*maxQueueSize \(10\)/],
      [{ strategy: 'drop' as never }, /strategy.*drop/],
      [{ lowWatermark: 0.9, highWatermark: 0.2 }, /lowWatermark.*0.9/],
      [{ onDrop: 'log' as never }, /onDrop.*string/],
      [{ exportTimeoutMillis: -1 }, /exportTimeoutMillis.*-1/],
      [{ drainTimeoutMillis: 'soon' as never }, /drainTimeoutMillis.*soon/],
      [{ exporter: {} as never }, /exporter/],
    ])('refuses %o with a message that names it', (options, message) => {
      expect(() => new BackpressureSpanProcessor({ exporter: recordingExporter(), ...options })).toThrow(message);
    });

    it('takes the environment where the code says nothing, and the code where both do', async () => {
      vi.stubEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '2');
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
      const byVariable = new BackpressureSpanProcessor({ scheduledDelayMillis: 20 });
      processors.push(byVariable);
      endSpans(tracerOf(byVariable), 4);
      await byVariable.forceFlush();
      expect(collector.requests.map(({ items }) => items)).toEqual([2, 2]);

      const byCode = processorWith({ maxExportBatchSize: 4 });
      endSpans(tracerOf(byCode), 4);
      await byCode.forceFlush();
      expect(collector.requests.at(-1)?.items).toBe(4);
    });

    it('lets the default batch give way to a small queue', () => {
      expect(processorWith({ maxQueueSize: 100 }).getMetrics().batchSize).toBe(100);
    });

    it('counts a span that cannot be read, and does not throw into the application', () => {
      const processor = processorWith();
      const hostile = { spanContext: () => { throw new Error('hostile'); } };
      processor.onEnd(hostile as unknown as ReadableSpanLike);
      expect(processor.getMetrics().droppedByReason.unencodable).toBe(1);
    });

    it('never has more requests in flight than the exporter or the processor allows', async () => {
      collector.setFault({ kind: 'latency', millis: 20 });
      const exporter = new OtlpSpanExporter({ url: `${collector.url}/v1/traces`, concurrencyLimit: 1 });
      const processor = processorWith({ exporter, maxConcurrentExports: 8, maxExportBatchSize: 1 });
      endSpans(tracerOf(processor), 10);
      await processor.forceFlush();
      expect(collector.counts().maxInFlight).toBe(1);
    });

    it('survives callbacks that throw or reject', async () => {
      const fail = (): void => Promise.reject(new Error('callback')) as unknown as void;
      const processor = processorWith({ exporter: recordingExporter(), strategy: 'drop_newest', maxQueueSize: 1, onDrop: fail, onStateChange: fail });
      endSpans(tracerOf(processor), 3);
      await processor.forceFlush();
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 1, eventsDropped: 2 });
    });

    it.each([
      ['null', null],
      ['undefined', undefined],
      ['one whose attributes cannot be read', { get asyncAttributesPending(): boolean { throw new Error('hostile'); }, get attributes(): object { throw new Error('hostile'); } }],
    ])('a span whose resource is %s does not stop the others', async (_, resource) => {
      const processor = processorWith();
      const [good] = endSpans(tracerOf(processorWith({ exporter: recordingExporter() })), 1);
      processor.onEnd({ ...(good as unknown as ReadableSpanLike), resource: resource as never, spanContext: () => ({ ...(good as Span).spanContext(), spanId: '00000000000000ff' }) });
      endSpans(tracerOf(processor), 3);
      await processor.forceFlush();
      expect(collector.counts().unique).toBeGreaterThanOrEqual(3);
      expect(processor.getMetrics().eventsRetried).toBe(0);
    });

    it('an onDrop that ends a span is not told of what it drops itself, and the counters stay right', async () => {
      const told = vi.fn<() => void>();
      const processor: BackpressureSpanProcessor = processorWith({
        exporter: recordingExporter(),
        strategy: 'drop_oldest',
        maxQueueSize: 5,
        onDrop: () => {
          told();
          endSpans(tracer, 1);
        },
      });
      const tracer = tracerOf(processor);
      endSpans(tracer, 8);
      expect(told).toHaveBeenCalledTimes(3);
      expect(processor.getMetrics().bufferSize).toBe(5);
      expectLaw(processor);
    });

    it('scopes without end do not fill the memory: what is held of them is bounded', () => {
      const processor = processorWith({ exporter: new OtlpSpanExporter({ url: 'http://127.0.0.1:1/v1/traces' }), drainTimeoutMillis: 1 });
      const [good] = endSpans(tracerOf(processorWith({ exporter: recordingExporter() })), 1);
      for (let index = 0; index < 200; index += 1) {
        processor.onEnd({ ...(good as unknown as ReadableSpanLike), spanContext: (good as Span).spanContext.bind(good), instrumentationScope: { name: `${index}${'x'.repeat(50_000)}` } });
      }
      const { droppedByReason, eventsAccepted } = processor.getMetrics();
      expect(eventsAccepted).toBeGreaterThan(70);
      expect(droppedByReason.unencodable).toBeGreaterThan(100);
    });

    it('keeps two processors of one process apart', async () => {
      const [first, second] = [processorWith(), processorWith({ exporter: recordingExporter() })];
      const tracer = line.provider({ processors: [first, second] }).getTracer('both');
      endSpans(tracer, 2);
      await Promise.all([first.forceFlush(), second.forceFlush()]);
      expect(first.getMetrics().eventsFlushed).toBe(2);
      expect(second.getMetrics().eventsFlushed).toBe(2);
    });
  });

  describe(`a full buffer under SDK ${line.name}`, () => {
    const hung = (): ScriptedExporter => new ScriptedExporter(() => {});

    it('with drop_newest keeps the old and counts the new', () => {
      const processor = processorWith({ exporter: hung(), strategy: 'drop_newest', maxQueueSize: 5 });
      endSpans(tracerOf(processor), 8);
      expect(processor.getMetrics()).toMatchObject({ bufferSize: 5, state: 'blocked' });
      expect(processor.getMetrics().droppedByReason.queue_full).toBe(3);
    });

    it('with drop_oldest keeps the new and counts the old', async () => {
      const exporter = recordingExporter();
      const processor = processorWith({ exporter, strategy: 'drop_oldest', maxQueueSize: 5 });
      endSpans(tracerOf(processor), 8);
      await processor.forceFlush();
      expect(exporter.exported.map(({ name }) => name)).toEqual(['span 3', 'span 4', 'span 5', 'span 6', 'span 7']);
      expect(processor.getMetrics().droppedByReason.evicted).toBe(3);
    });

    it('with sample keeps whole traces: a trace is kept with all its spans or not at all', async () => {
      const exporter = recordingExporter();
      const processor = processorWith({ exporter, strategy: 'sample', sampleRate: 2, maxQueueSize: 2_000, lowWatermark: 0 });
      const tracer = tracerOf(processor);
      const spans = endSpans(tracer, 400);
      const traces = new Map(spans.map((span) => [span.spanContext().traceId, span]));
      for (const parent of traces.values()) {
        processor.onEnd({ ...(parent as unknown as ReadableSpanLike), spanContext: () => ({ ...parent.spanContext(), spanId: '00000000000000ff' }) });
      }
      await processor.forceFlush();
      const kept = new Map<string, number>();
      for (const span of exporter.exported) kept.set(span.spanContext().traceId, (kept.get(span.spanContext().traceId) ?? 0) + 1);
      expect(new Set(kept.values())).toEqual(new Set([2]));
      expect(kept.size).toBeGreaterThan(140);
      expect(kept.size).toBeLessThan(260);
      expect(processor.getMetrics().droppedByReason.sampled).toBe(800 - kept.size * 2);
    });

    it('by bytes is full as well, and the bytes held never pass the limit', () => {
      const processor = processorWith({ strategy: 'drop_oldest', maxQueueBytes: 2_000, maxConcurrentExports: 1 });
      endSpans(tracerOf(processor), 200);
      const { bufferBytes, droppedByReason } = processor.getMetrics();
      expect(bufferBytes).toBeLessThanOrEqual(2_000);
      expect(droppedByReason.evicted).toBeGreaterThan(150);
    });

    it('refuses a span above the limit of a request, with its own reason', () => {
      const exporter = new OtlpSpanExporter({ url: `${collector.url}/v1/traces`, maxRequestBytes: 1_000 });
      const processor = processorWith({ exporter });
      endSpans(tracerOf(processor), 1, 'x'.repeat(2_000));
      expect(processor.getMetrics().droppedByReason.too_large).toBe(1);
    });
  });

  describe(`the OTLP exporter under upstream's processor of SDK ${line.name}`, () => {
    it('delivers, and repeats what failed in passing', async () => {
      const exporter = new OtlpSpanExporter({ url: `${collector.url}/v1/traces` });
      const upstream = line.batchSpanProcessor(exporter) as BackpressureSpanProcessor;
      collector.queueFaults({ kind: 'status', code: 503 });
      const provider = line.provider({ processors: [upstream] });
      endSpans(provider.getTracer('shop'), 3);
      await provider.shutdown();
      expect(collector.counts()).toMatchObject({ unique: 3, duplicates: 0, requests: 2 });
    });

    it('without a time limit delivers all the same', async () => {
      const exporter = new OtlpSpanExporter({ url: `${collector.url}/v1/traces`, timeoutMillis: 0 });
      const upstream = line.batchSpanProcessor(exporter) as BackpressureSpanProcessor;
      const provider = line.provider({ processors: [upstream] });
      endSpans(provider.getTracer('shop'), 3);
      await provider.shutdown();
      expect(collector.counts().unique).toBe(3);
    });

    it('reports a final failure, and halves what is too large', async () => {
      const exporter = new OtlpSpanExporter({ url: `${collector.url}/v1/traces` });
      const kept = recordingExporter();
      const source = processorWith({ exporter: kept });
      endSpans(tracerOf(source), 40);
      await source.forceFlush();
      const result = () => new Promise<ExportResultLike>((resolve) => exporter.export([...kept.exported], resolve));

      collector.queueFaults({ kind: 'status', code: 400 });
      expect(await result()).toMatchObject({ code: 1 });
      collector.setFault({ kind: 'max-body', bytes: 1_000 });
      expect(await result()).toEqual({ code: 0 });
      expect(collector.counts().unique).toBe(40);
      await exporter.shutdown();
      expect(await result()).toMatchObject({ code: 1 });
    });
  });
}

function expectLaw(processor: BackpressureSpanProcessor): void {
  const metrics = processor.getMetrics();
  expect(metrics.eventsAccepted).toBe(
    metrics.eventsFlushed + metrics.eventsFailed + metrics.eventsEvicted + metrics.eventsSpilled + metrics.bufferSize + metrics.inFlight,
  );
  expect(metrics.eventsOffered).toBe(metrics.eventsAccepted + metrics.eventsRejected);
}
