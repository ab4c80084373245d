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

/** The load before the burst, and for how long: until what came before sampling began has left the queue. */
const STEADY_FACTOR = 3;
const STEADY_SECONDS = 9;
const BURST_FACTOR = 100;
const BURST_SECONDS = 0.5;

/** In a segment of 128 KiB are then some hundred spans, so that a queue of a thousand has several. */
const BURST_PAYLOAD = 1_000;

/**
 * A load that is sampled to a third, and then a hundred times what the collector takes: of what comes within a single window
 * more passes the threshold than the queue can hold, so that it is thinned out.
 */
export function overflowingLoad(random: () => number, itemsPerSecond: number): TraceLoad {
  const factorAt = (second: number): number => {
    if (second < STEADY_SECONDS) return STEADY_FACTOR;
    return second < STEADY_SECONDS + BURST_SECONDS ? BURST_FACTOR : 0;
  };
  // Traces shorter than the burst: of longer ones the rest would be sampled by the far higher threshold after it.
  return traceLoad({ random, spansPerSecond: (second) => factorAt(second) * itemsPerSecond, traceSeconds: 0.25, payload: BURST_PAYLOAD });
}

export function runOverflowingLoad(random: () => number, itemsPerSecond: number): Promise<PipelineRun> {
  return runSpans(overflowingLoad(random, itemsPerSecond), itemsPerSecond, { maxQueueSize: 10 * itemsPerSecond });
}
