import { createRequire } from 'node:module';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { OtlpExporterOptions } from '@spillway/otlp';
import { sampleEncoder, type SampleItem } from '../../otlp/test/buffer/sample-items.ts';
import { type LocalServer, startServer } from '../../otlp/test/transport/local-server.ts';
import * as source from '../src/index.ts';
import type { ExportResultLike } from '../src/index.ts';

/**
 * The CommonJS copy as packed, in addition to the sources: two copies of every class, as an application may have them.
 */
const packed = createRequire(import.meta.url)('@spillway/pipeline') as typeof source;

/** A collector that can be made to answer 503 to all requests, or to one signal. */
async function startCollector(): Promise<
  LocalServer & {
    isDown: boolean;
    brokenPath: string | undefined;
    counts: Record<string, number>;
    onAnswer: (path: string) => void;
  }
> {
  const collector = {
    isDown: false,
    brokenPath: undefined as string | undefined,
    counts: { '/v1/traces': 0, '/v1/logs': 0 } as Record<string, number>,
    onAnswer: (_path: string) => {},
  };
  const server = await startServer((response, { url }) => {
    collector.counts[url] = (collector.counts[url] ?? 0) + 1;
    const fails = collector.isDown || collector.brokenPath === url;
    response.writeHead(fails ? 503 : 200).end();
    if (!fails) collector.onAnswer(url);
  });
  return Object.assign(collector, server);
}

function exporterTo(server: LocalServer, signal: 'traces' | 'logs', copy = source, options: OtlpExporterOptions = {}) {
  const url = `http://localhost:${server.port}/v1/${signal}`;
  const exporter = new copy.OtlpExporter<SampleItem>('test', signal, copy.listFormat(sampleEncoder), {
    url,
    ...options,
  });
  onTestFinished(() => exporter.shutdown());
  return exporter;
}

function pipelineTo(server: LocalServer, signal: 'traces' | 'logs', copy = source) {
  const options = { scheduledDelayMillis: 20, drainTimeoutMillis: 100 };
  const pipeline = new copy.ExportPipeline<SampleItem>(
    'test',
    signal,
    exporterTo(server, signal, copy),
    { resourceOf: sampleEncoder.resourceOf },
    options,
  );
  onTestFinished(() => pipeline.shutdown());
  return pipeline;
}

const item: SampleItem = { id: 1, bytes: 100 };
const exported = (exporter: ReturnType<typeof exporterTo>, items = [item]) =>
  new Promise<ExportResultLike>((resolve) => exporter.export(items, resolve));
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

describe('one collector', () => {
  it('that is down for one pipeline is down for another, even one of another copy of the package', async () => {
    const collector = await startCollector();
    collector.isDown = true;
    const traces = pipelineTo(collector, 'traces', source);
    const logs = pipelineTo(collector, 'logs', packed);
    expect(packed.OtlpExporter).not.toBe(source.OtlpExporter);
    traces.offer(item);
    await vi.waitFor(() => expect(logs.getMetrics().circuit).not.toBe('closed'), { timeout: 10_000 });
    expect(collector.counts['/v1/logs']).toBe(0);
    collector.isDown = false;
    await vi.waitFor(() => expect(logs.getMetrics().circuit).toBe('closed'), { timeout: 10_000 });
  });

  // Other work on the machine may spoil a measurement. A defect spoils all of them.
  it(
    'that was down gets deliveries of all pipelines again within 1 s in the median of 20 outages, and within 2 s in the 95th percentile',
    { retry: 3 },
    async () => {
      const recoveries = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const collector = await startCollector();
          const pipelines = [pipelineTo(collector, 'traces'), pipelineTo(collector, 'logs')];
          const load = setInterval(() => pipelines.forEach((pipeline) => pipeline.offer(item)), 25);
          onTestFinished(() => clearInterval(load));
          await new Promise((resolve) => setTimeout(resolve, 300));
          collector.isDown = true;
          await new Promise((resolve) => setTimeout(resolve, 1_000 + index * 50));
          collector.isDown = false;
          const endedAt = performance.now();
          const answeredAfter = new Map<string, number>();
          await new Promise<void>((resolve) => {
            collector.onAnswer = (path) => {
              if (!answeredAfter.has(path)) answeredAfter.set(path, performance.now() - endedAt);
              if (answeredAfter.size === 2) resolve();
            };
          });
          clearInterval(load);
          return [...answeredAfter.values()];
        }),
      );
      const later = recoveries.map((times) => Math.max(...times)).toSorted((a, b) => a - b);
      expect(median(later)).toBeLessThan(1_000);
      expect(later[18]).toBeLessThan(2_000);
      // If each had its own outage, they would be 300 ms apart.
      expect(median(recoveries.map(([first = 0, second = 0]) => second - first))).toBeLessThan(100);
    },
  );

  it('that answers one signal with 503 and the other with success does not delay the other', async () => {
    const collector = await startCollector();
    collector.brokenPath = '/v1/logs';
    const traces = pipelineTo(collector, 'traces');
    const logs = pipelineTo(collector, 'logs');
    const load = setInterval(() => [traces, logs].forEach((pipeline) => pipeline.offer(item)), 25);
    onTestFinished(() => clearInterval(load));
    await vi.waitFor(() => expect(logs.getMetrics().circuit).not.toBe('closed'), { timeout: 10_000 });
    expect(traces.getMetrics()).toMatchObject({ circuit: 'closed', eventsRetried: 0 });
    expect(traces.getMetrics().bufferSize).toBeLessThan(20);
    expect(collector.counts['/v1/logs']).toBeLessThan(15);
  });
});

describe('an exporter without a pipeline', () => {
  it('retries as soon as another signal is answered', async () => {
    const collector = await startCollector();
    collector.isDown = true;
    const logs = exporterTo(collector, 'logs');
    const traces = exporterTo(collector, 'traces');
    const result = exported(logs);
    // The next pause is then at least 500 ms.
    await vi.waitFor(() => expect(collector.counts['/v1/logs']).toBe(5), { timeout: 10_000, interval: 5 });
    collector.isDown = false;
    expect(await exported(traces)).toEqual({ code: 0 });
    const answeredAt = performance.now();
    expect(await result).toEqual({ code: 0 });
    expect(performance.now() - answeredAt).toBeLessThan(300);
  });

  it('lets the pipelines know when it has been answered, and has no part in the outage once it is shut down', async () => {
    const collector = await startCollector();
    collector.isDown = true;
    const logs = exporterTo(collector, 'logs');
    const traces = pipelineTo(collector, 'traces');
    traces.offer(item);
    await vi.waitFor(() => expect(traces.getMetrics().circuit).not.toBe('closed'), { timeout: 10_000 });
    collector.isDown = false;
    expect(await exported(logs)).toEqual({ code: 0 });
    const answeredAt = performance.now();
    await vi.waitFor(() => expect(traces.getMetrics()).toMatchObject({ eventsFlushed: 1, circuit: 'closed' }), {
      timeout: 10_000,
      interval: 5,
    });
    expect(performance.now() - answeredAt).toBeLessThan(300);
  });

  it('sends the first request of an export at once, also in the pause of an outage', async () => {
    const collector = await startCollector();
    collector.isDown = true;
    const traces = pipelineTo(collector, 'traces');
    traces.offer(item);
    // The next pause is then of 500 ms at least, which is more than the export has.
    await vi.waitFor(() => expect(collector.counts['/v1/traces']).toBe(5), { timeout: 10_000, interval: 5 });
    collector.isDown = false;
    expect(await exported(exporterTo(collector, 'logs', source, { timeoutMillis: 300 }))).toEqual({ code: 0 });
  });

  it('repeats none of its exports in the pause that the collector asked one of them for', async () => {
    const times: number[] = [];
    const server = await startServer((response) => {
      times.push(performance.now());
      if (times.length === 1) response.writeHead(429, { 'retry-after': '1' }).end();
      else response.writeHead(times.length === 2 ? 503 : 200).end();
    });
    const exporter = exporterTo(server, 'logs');
    const first = exported(exporter);
    await vi.waitFor(() => expect(times).toHaveLength(1), { interval: 5 });
    expect(await Promise.all([first, exported(exporter)])).toEqual([{ code: 0 }, { code: 0 }]);
    const [throttledAt = 0, failedAt = 0, ...repeatedAt] = times;
    expect(failedAt - throttledAt).toBeLessThan(900);
    expect(repeatedAt).toHaveLength(2);
    expect(Math.min(...repeatedAt) - throttledAt).toBeGreaterThan(990);
  });

  it('repeats an export whole, so that one that fails in the end has not arrived in part', async () => {
    const server = await startServer((response) => response.writeHead(server.requests.length < 5 ? 503 : 200).end());
    const items = Array.from({ length: 100 }, (_, id) => ({ id, bytes: 100 }));
    expect(await exported(exporterTo(server, 'logs'), items)).toEqual({ code: 0 });
    expect(server.requests).toHaveLength(5);
    expect(new Set(server.requests.map(({ body }) => body.length)).size).toBe(1);
  });
});
