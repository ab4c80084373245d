import type { ItemExporter } from '@spillway/otlp';
import { BackpressureSpanProcessor, type BackpressureSpanProcessorOptions, type ReadableSpanLike, SpanEncoder } from '@spillway/trace';
import { beforeEach, onTestFinished, vi } from 'vitest';
import { loadDefinitions } from '../../../../test/collector/src/index.ts';
import { expectLaw } from '../../../otlp/test/processor/processor-setup.ts';
import { HeldExporter } from '../../../otlp/test/processor/scripted-exporter.ts';
import { MemoryExporter } from '../memory-exporter.ts';

/** What arrives of a span. */
export interface ArrivedSpan {
  readonly name: string;
  /** Empty where there is none. */
  readonly traceState: string;
}

/** An exporter whose spans a test can read. */
export interface SpanSink {
  readonly exporter: ItemExporter<ReadableSpanLike>;
  /** In the order in which they were sent. */
  spans(): readonly ArrivedSpan[];
  /** From here on nothing is held back. */
  release(): void;
}

const definitions = await loadDefinitions();

/** Spans are encoded, and read from the bytes of the requests. */
export function encodedSink(isHeld = false): SpanSink & { readonly exporter: MemoryExporter<ReadableSpanLike> } {
  const exporter = new MemoryExporter(new SpanEncoder(), isHeld);
  return {
    exporter,
    spans: () => exporter.bodies.flatMap((body) => definitions.decodeSpans(body)).map(({ span }) => ({ name: span.name ?? '', traceState: span.traceState ?? '' })),
    release: () => exporter.release(),
  };
}

/** Spans are kept as objects, and read from what the exporter is called with. */
export function objectSink(isHeld = false): SpanSink & { readonly exporter: HeldExporter<ReadableSpanLike> } {
  const exporter = new HeldExporter<ReadableSpanLike>();
  if (!isHeld) exporter.release();
  return {
    exporter,
    spans: () => exporter.exported.map((span) => ({ name: span.name, traceState: span.spanContext().traceState?.serialize() ?? '' })),
    release: () => exporter.release(),
  };
}

export const SINKS = [
  ['our exporter', encodedSink],
  ['a foreign exporter', objectSink],
] as const;

/** Timers stand still but for what a test says. Processors are shut down on the clock they ran on: this is registered first. */
export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
  });
}

/** A processor that is shut down when the test is over, and whose accounts must add up then. */
export function lawfulSpanProcessor(sink: SpanSink, options: BackpressureSpanProcessorOptions = {}): BackpressureSpanProcessor {
  const processor = new BackpressureSpanProcessor({ scheduledDelayMillis: 1_000_000, ...options, exporter: sink.exporter });
  onTestFinished(async () => {
    sink.release();
    await processor.shutdown();
    expectLaw(processor);
  });
  return processor;
}

/** Under load from the first span on: 1 trace in `sampleRate` is kept, 2 unless the options say otherwise. */
export function processorUnderLoad(sink: SpanSink, options: BackpressureSpanProcessorOptions = {}): BackpressureSpanProcessor {
  return lawfulSpanProcessor(sink, { strategy: 'sample', lowWatermark: 0, sampleRate: 2, ...options });
}

/** What arrives of spans that start and end one after the other. */
export async function arrivedOf(processor: BackpressureSpanProcessor, sink: SpanSink, spans: readonly ReadableSpanLike[]): Promise<readonly ArrivedSpan[]> {
  for (const span of spans) {
    processor.onStart(span, undefined);
    processor.onEnd(span);
  }
  await processor.forceFlush();
  return sink.spans();
}
