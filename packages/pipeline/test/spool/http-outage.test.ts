import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ExportPipeline, listFormat, OtlpExporter, type RequestSpool } from '@spillway/pipeline';
import { expectLaw } from '../../../backpressure/test/accounting-law.ts';
import { numbers } from '../../../backpressure/test/held-consumer.ts';
import { sampleEncoder, type SampleItem } from '../../../otlp/test/buffer/sample-items.ts';
import { startServer } from '../../../otlp/test/transport/local-server.ts';
import { MemorySpool } from './memory-spool.ts';
import { idsInRequest } from './sample-requests.ts';

const ITEMS = 3_000;

/** Sends items through an outage of the collector that has more of them than the queue has room. */
async function throughAnOutage(spool: RequestSpool | undefined) {
  let isDown = true;
  const arrived = new Set<number>();
  const server = await startServer((response, { body }) => {
    response.writeHead(isDown ? 503 : 200).end();
    if (!isDown) for (const id of idsInRequest({ chunks: [body], byteLength: body.length })) arrived.add(id);
  });
  const exporter = new OtlpExporter<SampleItem>('test', 'traces', listFormat(sampleEncoder), {
    url: `http://localhost:${server.port}/v1/traces`,
  });
  const pipeline = new ExportPipeline<SampleItem>(
    'test',
    'traces',
    exporter,
    { resourceOf: sampleEncoder.resourceOf },
    { spool, maxQueueSize: 500, maxExportBatchSize: 50, scheduledDelayMillis: 20, strategy: 'drop_oldest' },
  );
  onTestFinished(() => pipeline.shutdown(0));
  for (let id = 1; id <= ITEMS; id += 1) {
    pipeline.offer({ id, bytes: 100 });
    if (id % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expectLaw(pipeline);
  isDown = false;
  await vi.waitFor(
    () => {
      const { eventsAccepted, eventsFlushed, eventsEvicted } = pipeline.getMetrics();
      expect(eventsFlushed + eventsEvicted).toBe(eventsAccepted);
    },
    { timeout: 15_000, interval: 50 },
  );
  expectLaw(pipeline);
  return { metrics: pipeline.getMetrics(), arrived: [...arrived].toSorted((a, b) => a - b) };
}

describe('an outage of a collector over HTTP that brings more items than memory has room for', () => {
  it('costs nothing with a spool', async () => {
    const { metrics, arrived } = await throughAnOutage(new MemorySpool({ concurrency: 2 }));
    expect(metrics).toMatchObject({ eventsOffered: ITEMS, eventsFlushed: ITEMS, eventsDropped: 0, eventsFailed: 0 });
    expect(arrived).toEqual(numbers(1, ITEMS));
  });

  it('costs items without one', async () => {
    const { metrics, arrived } = await throughAnOutage(undefined);
    expect(metrics.eventsEvicted).toBeGreaterThan(1_000);
    expect(arrived.length).toBe(ITEMS - metrics.eventsEvicted);
  });
});
