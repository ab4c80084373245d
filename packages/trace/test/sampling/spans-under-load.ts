import {
  BackpressureSpanProcessor,
  type BackpressureSpanProcessorOptions,
  type ReadableSpanLike,
  SpanEncoder,
} from '@spillway/trace';
import { onTestFinished } from 'vitest';
import { loadDefinitions } from '../../../../test/collector/src/index.ts';
import {
  type EncodedSink,
  type ItemSink,
  type ObjectSink,
  sinkOfBytes,
  sinkOfObjects,
} from '../../../pipeline/test/processor/item-sink.ts';
import { expectLaw } from '../../../pipeline/test/processor/processor-setup.ts';

/** A span as it arrives. */
export interface ArrivedSpan {
  readonly name: string;
  /** Empty if the span has none. */
  readonly traceState: string;
}

export type SpanSink = ItemSink<ReadableSpanLike, ArrivedSpan>;

const definitions = await loadDefinitions();

export const encodedSink = (isHeld = false): EncodedSink<ReadableSpanLike, ArrivedSpan> =>
  sinkOfBytes(
    new SpanEncoder(),
    (body) =>
      definitions
        .decodeSpans(body)
        .map(({ span }): ArrivedSpan => ({ name: span.name ?? '', traceState: span.traceState ?? '' })),
    isHeld,
  );

export const objectSink = (isHeld = false): ObjectSink<ReadableSpanLike, ArrivedSpan> =>
  sinkOfObjects(
    (span: ReadableSpanLike): ArrivedSpan => ({
      name: span.name,
      traceState: span.spanContext().traceState?.serialize() ?? '',
    }),
    isHeld,
  );

export const SINKS = [
  ["Spillway's exporter", encodedSink],
  ['a foreign exporter', objectSink],
] as const;

/** A processor that is shut down at the end of the test. Its counters must then add up. */
export function lawfulSpanProcessor(
  sink: SpanSink,
  options: BackpressureSpanProcessorOptions = {},
): BackpressureSpanProcessor {
  const processor = new BackpressureSpanProcessor({
    scheduledDelayMillis: 1_000_000,
    ...options,
    exporter: sink.exporter,
  });
  onTestFinished(async () => {
    sink.release();
    await processor.shutdown();
    expectLaw(processor);
  });
  return processor;
}

/** A processor under load from the first span on. It keeps 1 trace in `sampleRate`, by default 1 in 2. */
export function processorUnderLoad(
  sink: SpanSink,
  options: BackpressureSpanProcessorOptions = {},
): BackpressureSpanProcessor {
  return lawfulSpanProcessor(sink, { strategy: 'sample', lowWatermark: 0, sampleRate: 2, ...options });
}

/** Starts and ends spans one after the other, and returns them as they arrive. */
export async function arrivedOf(
  processor: BackpressureSpanProcessor,
  sink: SpanSink,
  spans: readonly ReadableSpanLike[],
): Promise<readonly ArrivedSpan[]> {
  for (const span of spans) {
    processor.onStart(span, undefined);
    processor.onEnd(span);
  }
  await processor.forceFlush();
  return sink.arrived();
}
