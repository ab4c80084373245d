/**
 * Measures the cost of sampling under load per span: the hook of the processor for spans that are sampled out, compared
 * with the same hook of a processor that was shut down and only counts. One process, one core, no collector. Prints a
 * line of JSON.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BackpressureSpanProcessor, OtlpSpanExporter, type ReadableSpanLike } from '@spillway/trace';
import { spanEncoders } from '../encoder/spans.ts';
import type { SamplingFigures } from './protocol.ts';

const SPANS = 512;
const ROUNDS = 2_000;
const WARM_UP_ROUNDS = 500;
const NANOS_PER_MILLI = 1e6;
/** Keeps 1 in 65 536. The spans all have low randomness, so none of them is kept. */
const SAMPLE_RATE = 65_536;
const LOW_RANDOMNESS = '0123456789abcdef0100112233445566';

// A collector that never answers. No spans are sent, so nothing else runs.
const collector = createServer(() => undefined);
await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;

const spans = spanEncoders.makeItems(SPANS).map(withLowRandomness);
const sampling = new BackpressureSpanProcessor({
  exporter: new OtlpSpanExporter({ url }),
  sampleRate: SAMPLE_RATE,
  lowWatermark: 0,
  drainTimeoutMillis: 1,
});
const ended = new BackpressureSpanProcessor({
  exporter: new OtlpSpanExporter({ url }),
  strategy: 'drop_oldest',
  drainTimeoutMillis: 1,
});
await ended.shutdown();

nanosPerSpan(sampling, WARM_UP_ROUNDS);
nanosPerSpan(ended, WARM_UP_ROUNDS);
const figures: SamplingFigures = {
  sampledOutNanos: nanosPerSpan(sampling, ROUNDS),
  countedOnlyNanos: nanosPerSpan(ended, ROUNDS),
  bytesPerSpan: allocatedBytes(sampling),
  problems: problems(),
};
console.log(JSON.stringify(figures));
process.exit();

function nanosPerSpan(processor: BackpressureSpanProcessor, rounds: number): number {
  const start = performance.now();
  for (let round = 0; round < rounds; round++) endAll(processor);
  return ((performance.now() - start) * NANOS_PER_MILLI) / (rounds * SPANS);
}

function endAll(processor: BackpressureSpanProcessor): void {
  for (const span of spans) processor.onEnd(span);
}

/**
 * The process has a young generation that is never full, so the difference between two readings is what was allocated.
 */
function allocatedBytes(processor: BackpressureSpanProcessor): number {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < ROUNDS; round++) endAll(processor);
  return (process.memoryUsage().heapUsed - before) / (ROUNDS * SPANS);
}

/**
 * A span of a trace that is dropped among the first. Its context is always the same object, like that of an ended span.
 */
function withLowRandomness(span: ReadableSpanLike): ReadableSpanLike {
  const context = { ...span.spanContext(), traceId: LOW_RANDOMNESS };
  return Object.create(span, { spanContext: { value: () => context } }) as ReadableSpanLike;
}

function problems(): string[] {
  const { droppedByReason, eventsOffered } = sampling.getMetrics();
  return droppedByReason.sampled_out === eventsOffered
    ? []
    : [`${droppedByReason.sampled_out} of ${eventsOffered} spans were sampled out`];
}
