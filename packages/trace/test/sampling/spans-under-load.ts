import { BackpressureSpanProcessor, type BackpressureSpanProcessorOptions, type ReadableSpanLike, SpanEncoder } from '@spillway/trace';
import { onTestFinished } from 'vitest';
import { loadDefinitions } from '../../../../test/collector/src/index.ts';
import { type EncodedSink, type ItemSink, type ObjectSink, sinkOfBytes, sinkOfObjects } from '../../../pipeline/test/processor/item-sink.ts';
import { expectLaw } from '../../../pipeline/test/processor/processor-setup.ts';

/** What arrives of a span. */
export interface ArrivedSpan {
  readonly name: string;
  /** Empty where there is none. */
  readonly traceState: string;
}

export type SpanSink = ItemSink<ReadableSpanLike, ArrivedSpan>;

const definitions = await loadDefinitions();

export const encodedSink = (isHeld = false): EncodedSink<ReadableSpanLike, ArrivedSpan> =>
  sinkOfBytes(new SpanEncoder(), (body) => definitions.decodeSpans(body).map(({ span }): ArrivedSpan => ({ name: span.name ?? '', traceState: span.traceState ?? '' })), isHeld);

export const objectSink = (isHeld = false): ObjectSink<ReadableSpanLike, ArrivedSpan> =>
  sinkOfObjects((span: ReadableSpanLike): ArrivedSpan => ({ name: span.name, traceState: span.spanContext().traceState?.serialize() ?? '' }), isHeld);

export const SINKS = [
  ['our exporter', encodedSink],
  ['a foreign exporter', objectSink],
] as const;

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
  return sink.arrived();
}
