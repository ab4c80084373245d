import { TraceFlags } from '@opentelemetry/api';
import { BackpressureProcessor, isTraceIdSampled, type ItemExporter, type ProcessorOptions } from '@spillway/otlp';
import { OtlpSpanExporter } from './otlp-span-exporter.ts';
import type { ReadableSpanLike } from './readable-span.ts';

/** Options of {@link BackpressureSpanProcessor}. */
export interface BackpressureSpanProcessorOptions extends ProcessorOptions<ReadableSpanLike> {
  /**
   * Where spans go. An {@link OtlpSpanExporter} gets them encoded, many requests at a time; any other `SpanExporter`
   * gets them as objects, one export at a time. Default: an `OtlpSpanExporter` as the environment describes it.
   */
  readonly exporter?: ItemExporter<never> | undefined;
}

/**
 * A span processor that keeps every span while the collector is slow, throttled or gone, within bounds, and does not
 * slow the application down. For the `spanProcessors` of a `TracerProvider` of OpenTelemetry 2.x or 3.x.
 */
export class BackpressureSpanProcessor extends BackpressureProcessor<ReadableSpanLike> {
  /** @throws RangeError or TypeError that names option and value */
  constructor(options: BackpressureSpanProcessorOptions = {}) {
    const { exporter = new OtlpSpanExporter(), ...processorOptions } = options;
    // Spans come from the SDK that the exporter belongs to: whatever it reads of a span beyond ours is there.
    const spanExporter = exporter as ItemExporter<ReadableSpanLike>;
    super('BackpressureSpanProcessor', 'traces', spanExporter, SPANS, processorOptions);
  }

  /** Nothing happens when a span starts. */
  onStart(_span: unknown, _parentContext: unknown): void {}

  /** Takes a span that has ended, if it is sampled. Never throws, never waits. */
  onEnd(span: ReadableSpanLike): void {
    if (isSampled(span)) this.pipeline.offer(span);
  }
}

const SPANS = {
  resourceOf: (span: ReadableSpanLike) => span.resource,
  isSampled: (span: ReadableSpanLike, sampleRate: number) => isTraceIdSampled(span.spanContext().traceId, sampleRate),
};

/** A span whose context cannot be read is offered all the same, so that it is counted where it fails. */
function isSampled(span: ReadableSpanLike): boolean {
  try {
    return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
  } catch {
    return true;
  }
}
