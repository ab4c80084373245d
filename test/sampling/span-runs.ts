import { BackpressureSpanProcessor, type BackpressureSpanProcessorOptions, SpanEncoder } from '@spillway/trace';
import { readSpans } from './delivered-items.ts';
import { type PipelineRun, runPipeline } from './pipeline-run.ts';
import { SlowCollector } from './slow-collector.ts';
import { type TraceLoad, traceLoad } from './trace-load.ts';

/** A batch is sent in a tenth of a second: with four in flight, a fraction of any queue here. */
const BATCHES_PER_SECOND = 10;

/** The queue is bounded by items. */
const QUEUE_BYTES = 2 ** 26;

/** Sends spans through a `BackpressureSpanProcessor` to a collector that takes so many a second. */
export function runSpans(load: TraceLoad, itemsPerSecond: number, options: BackpressureSpanProcessorOptions): Promise<PipelineRun> {
  const collector = new SlowCollector(new SpanEncoder(), readSpans, itemsPerSecond);
  const maxExportBatchSize = itemsPerSecond / BATCHES_PER_SECOND;
  const processor = new BackpressureSpanProcessor({ exporter: collector, maxExportBatchSize, maxQueueBytes: QUEUE_BYTES, ...options });
  return runPipeline(processor, collector, (span) => processor.onEnd(span), load);
}

/** Ten times what the collector takes, for so many seconds; the queue holds what it takes in twenty, and never overflows. */
export function runTenfoldLoad(random: () => number, itemsPerSecond: number, seconds: number): Promise<PipelineRun> {
  const load = traceLoad({ random, spansPerSecond: (second) => (second < seconds ? 10 * itemsPerSecond : 0) });
  return runSpans(load, itemsPerSecond, { maxQueueSize: 20 * itemsPerSecond });
}

/** In a segment of 128 KiB are then some hundred spans, so that a queue of a thousand has several. */
const BURST_PAYLOAD = 1_000;
/** Shorter than the burst: of longer traces the rest would be sampled by the far higher threshold after it. */
const BURST_TRACE_SECONDS = 0.25;

/** The queue holds what is taken in ten seconds, and comes to be full within a single window. */
export interface Overflow {
  readonly load: TraceLoad;
  readonly itemsPerSecond: number;
}

/**
 * A hundred times what the collector takes, for half a second and out of the blue: when the first window is over, the queue has
 * been full for long. So nothing is sampled when it comes, and everything by thinning out.
 */
export function suddenLoad(random: () => number, itemsPerSecond: number): Overflow {
  return overflow(random, itemsPerSecond, (second) => (second < 0.5 ? 100 : 0));
}

/**
 * The same burst on top of three times what the collector takes, after six seconds: what was let in before sampling began has
 * left the queue, and what waits there has passed several thresholds.
 */
export function burstOnLoad(random: () => number, itemsPerSecond: number): Overflow {
  return overflow(random, itemsPerSecond, (second) => (second < 6 ? 3 : second < 6.5 ? 100 : 0));
}

function overflow(random: () => number, itemsPerSecond: number, factorAt: (second: number) => number): Overflow {
  const spansPerSecond = (second: number): number => factorAt(second) * itemsPerSecond;
  return { load: traceLoad({ random, spansPerSecond, traceSeconds: BURST_TRACE_SECONDS, payload: BURST_PAYLOAD }), itemsPerSecond };
}

export function runOverflow({ load, itemsPerSecond }: Overflow): Promise<PipelineRun> {
  return runSpans(load, itemsPerSecond, { maxQueueSize: 10 * itemsPerSecond });
}
