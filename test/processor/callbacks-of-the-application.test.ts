import { AsyncLocalStorage } from 'node:async_hooks';
import { diag, type DiagLogger } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mintCertificates, type Collector, startCollector } from '../collector/src/index.ts';

const requests = new AsyncLocalStorage<string>();
const seen: [what: string, request: string | undefined][] = [];
const see = (what: string) => void seen.push([what, requests.getStore()]);

let collector: Collector;
beforeEach(async () => {
  seen.length = 0;
  collector = await startCollector();
});
afterEach(() => collector.close());

/** Ends a span and flushes, all within a request. */
const serve = (processor: SpanProcessor) =>
  requests.run('request 1', async () => {
    new TracerProvider({ spanProcessors: [processor] }).getTracer('test').startSpan('order').end();
    await processor.forceFlush();
    expect(requests.getStore()).toBe('request 1');
    await processor.shutdown();
  });

describe('a function of the application runs outside of any request, even if a flush within a request calls it', () => {
  const headers = () => {
    see('headers');
    return {};
  };

  it.each<[string, (exporter: OtlpSpanExporter) => SpanProcessor]>([
    ["Spillway's processor", (exporter) => new BackpressureSpanProcessor({ exporter })],
    ["upstream's processor", (exporter) => new BatchSpanProcessor({ exporter })],
  ])('headers, called by %s', async (_, processorOf) => {
    await serve(processorOf(new OtlpSpanExporter({ url: `${collector.url}/v1/traces`, headers })));
    expect(collector.spans()).toHaveLength(1);
    expect(seen).toEqual([['headers', undefined]]);
  });

  it('tls, called again before a request', async () => {
    const { ca, server } = mintCertificates();
    await using secure = await startCollector({ tls: server });
    const exporter = new OtlpSpanExporter({
      url: `${secure.url}/v1/traces`,
      tls: () => {
        see('tls');
        return { ca };
      },
    });
    seen.length = 0;
    secure.setFault({ kind: 'close-before-answer' });
    const processor = new BackpressureSpanProcessor({ exporter });
    const served = serve(processor);
    await secure.until((now) => now.counts().requests >= 1);
    secure.setFault(undefined);
    await served;
    expect(new Set(seen.map(([what, request]) => `${what} in ${request}`))).toEqual(new Set(['tls in undefined']));
  });

  it('every function of a foreign exporter', async () => {
    const exporter: SpanExporter = {
      export: (_, done) => {
        see('export');
        done({ code: ExportResultCode.SUCCESS });
      },
      forceFlush: async () => see('forceFlush'),
      shutdown: async () => see('shutdown'),
    };
    await serve(new BackpressureSpanProcessor({ exporter }));
    expect(new Set(seen.map(([what]) => what))).toEqual(new Set(['export', 'forceFlush', 'shutdown']));
    expect(seen.filter(([, request]) => request !== undefined)).toEqual([]);
  });

  it('the logger of diag', async () => {
    const log = () => see('diag');
    diag.setLogger({ error: log, warn: log, info: log, debug: log, verbose: log } satisfies DiagLogger);
    collector.setFault({ kind: 'status', code: 400 });
    await serve(
      new BackpressureSpanProcessor({ exporter: new OtlpSpanExporter({ url: `${collector.url}/v1/traces` }) }),
    );
    diag.disable();
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter(([, request]) => request !== undefined)).toEqual([]);
  });
});
