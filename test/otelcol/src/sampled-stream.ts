import { BackpressureLogRecordProcessor, LogRecordEncoder, type ReadableLogRecordLike } from '@spillway/logs';
import { BackpressureSpanProcessor, type BackpressureSpanProcessorOptions, SpanEncoder } from '@spillway/trace';
import { type DeliveredItem, readLogRecords, readSpans } from '../../sampling/delivered-items.ts';
import { type PipelineRun, runPipeline } from '../../sampling/pipeline-run.ts';
import { SlowCollector } from '../../sampling/slow-collector.ts';
import type { TraceLoad } from '../../sampling/trace-load.ts';

/** The result of a pipeline under load, with its unchanged requests. */
export interface SampledStream extends PipelineRun {
  readonly requests: readonly Buffer[];
}

/** Large enough that only the number of items limits the queue. */
const QUEUE_BYTES = 2 ** 26;

/** A batch is sent in a tenth of a second. */
const BATCHES_PER_SECOND = 10;
const QUEUE_SECONDS = 10;

/** Sends spans, in simulated time, to a collector that accepts `itemsPerSecond`. */
export async function sampledSpans(
  load: TraceLoad,
  itemsPerSecond: number,
  options: BackpressureSpanProcessorOptions = {},
): Promise<SampledStream> {
  const { requests, read } = keeping(readSpans);
  const collector = new SlowCollector(new SpanEncoder(), read, itemsPerSecond);
  const processor = new BackpressureSpanProcessor({ exporter: collector, ...boundsFor(itemsPerSecond), ...options });
  return { ...(await runPipeline(processor, collector, (span) => processor.onEnd(span), load)), requests };
}

/** The same with log records. */
export async function sampledLogRecords(
  load: readonly (readonly ReadableLogRecordLike[])[],
  itemsPerSecond: number,
): Promise<SampledStream> {
  const { requests, read } = keeping(readLogRecords);
  const collector = new SlowCollector(new LogRecordEncoder(), read, itemsPerSecond);
  const processor = new BackpressureLogRecordProcessor({
    exporter: collector,
    strategy: 'sample',
    ...boundsFor(itemsPerSecond),
  });
  return { ...(await runPipeline(processor, collector, (record) => processor.onEmit(record), load)), requests };
}

/** @throws Error if a request is not accepted */
export async function send(requests: readonly Buffer[], url: string): Promise<void> {
  for (const body of requests) {
    // oxlint-disable-next-line no-await-in-loop -- in their order
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(body),
    });
    // oxlint-disable-next-line no-await-in-loop -- in their order
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  }
}

function boundsFor(itemsPerSecond: number): {
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly maxQueueBytes: number;
} {
  return {
    maxQueueSize: QUEUE_SECONDS * itemsPerSecond,
    maxExportBatchSize: itemsPerSecond / BATCHES_PER_SECOND,
    maxQueueBytes: QUEUE_BYTES,
  };
}

function keeping(read: (body: Buffer) => DeliveredItem[]): {
  readonly requests: Buffer[];
  readonly read: (body: Buffer) => DeliveredItem[];
} {
  const requests: Buffer[] = [];
  return {
    requests,
    read: (body) => {
      requests.push(body);
      return read(body);
    },
  };
}
