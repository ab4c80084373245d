import { BackpressureSpanProcessor, type BackpressureSpanProcessorOptions, SpanEncoder } from '@spillway/trace';
import { readSpans } from './delivered-items.ts';
import { type PipelineRun, runPipeline } from './pipeline-run.ts';
import { SlowCollector } from './slow-collector.ts';
import { type TraceLoad, traceLoad } from './trace-load.ts';

/** A batch is sent in a tenth of a second. Four batches in flight are a fraction of any queue here. */
const BATCHES_PER_SECOND = 10;

/** Large enough that only the bound in items matters. */
const QUEUE_BYTES = 2 ** 26;

/** Sends spans through a `BackpressureSpanProcessor` to a collector that takes `itemsPerSecond`. */
export function runSpans(
  load: TraceLoad,
  itemsPerSecond: number,
  options: BackpressureSpanProcessorOptions,
): Promise<PipelineRun> {
  const collector = new SlowCollector(new SpanEncoder(), readSpans, itemsPerSecond);
  const maxExportBatchSize = itemsPerSecond / BATCHES_PER_SECOND;
  const processor = new BackpressureSpanProcessor({
    exporter: collector,
    maxExportBatchSize,
    maxQueueBytes: QUEUE_BYTES,
    ...options,
  });
  return runPipeline(processor, collector, (span) => processor.onEnd(span), load);
}

/** Ten times the capacity, for some seconds. The queue holds the items of twenty seconds and never overflows. */
export function runTenfoldLoad(random: () => number, itemsPerSecond: number, seconds: number): Promise<PipelineRun> {
  const load = traceLoad({ random, spansPerSecond: (second) => (second < seconds ? 10 * itemsPerSecond : 0) });
  return runSpans(load, itemsPerSecond, { maxQueueSize: 20 * itemsPerSecond });
}

/** A segment of 128 KiB then holds some hundred spans, so a queue of a thousand has several segments. */
const BURST_PAYLOAD = 1_000;
/** Shorter than the burst. The rest of longer traces would be sampled by the far higher threshold after it. */
const BURST_TRACE_SECONDS = 0.25;

/** A load that fills the queue, which holds the items of ten seconds, within a single window. */
export interface Overflow {
  readonly load: TraceLoad;
  readonly itemsPerSecond: number;
}

/**
 * A hundred times the capacity, for half a second and without warning. When the first window ends, the queue has been
 * full for long. So no span is sampled when it comes; all sampling is by thinning out.
 */
export function suddenLoad(random: () => number, itemsPerSecond: number): Overflow {
  return overflow(random, itemsPerSecond, (second) => (second < 0.5 ? 100 : 0));
}

/**
 * The same burst on top of three times the capacity, after six seconds. Spans that were let in before sampling began
 * have left the queue, and the waiting spans have passed several thresholds.
 */
export function burstOnLoad(random: () => number, itemsPerSecond: number): Overflow {
  return overflow(random, itemsPerSecond, (second) => (second < 6 ? 3 : second < 6.5 ? 100 : 0));
}

function overflow(random: () => number, itemsPerSecond: number, factorAt: (second: number) => number): Overflow {
  const spansPerSecond = (second: number): number => factorAt(second) * itemsPerSecond;
  return {
    load: traceLoad({ random, spansPerSecond, traceSeconds: BURST_TRACE_SECONDS, payload: BURST_PAYLOAD }),
    itemsPerSecond,
  };
}

export function runOverflow({ load, itemsPerSecond }: Overflow): Promise<PipelineRun> {
  return runSpans(load, itemsPerSecond, { maxQueueSize: 10 * itemsPerSecond });
}
