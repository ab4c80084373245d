import { TraceFlags } from '@opentelemetry/api';
import { BackpressureProcessor, type ItemExporter, type ProcessorOptions } from '@spillway/pipeline';
import type { Threshold } from '@spillway/sampling';
import { OtlpSpanExporter } from './otlp-span-exporter.ts';
import type { ReadableSpanLike } from './readable-span.ts';
import type { ThresholdSource } from './sampling/backpressure-sampler.ts';
import { markedSpan } from './sampling/marked-trace-state.ts';
import type { SpanKeep } from './sampling/span-keep.ts';
import { spanSamplingRules } from './sampling/span-sampling-rules.ts';
import { UnknownOrigins } from './sampling/unknown-origins.ts';

/** Options of {@link BackpressureSpanProcessor}. */
export interface BackpressureSpanProcessorOptions extends ProcessorOptions<ReadableSpanLike> {
  /**
   * Where spans go. An {@link OtlpSpanExporter} gets them encoded, in many concurrent requests; any other
   * `SpanExporter` gets them as objects, one export at a time. Default: an `OtlpSpanExporter` that the environment
   * configures.
   */
  readonly exporter?: ItemExporter<never> | undefined;
  /** With strategy `sample`: which spans are kept whatever the load. Default: those whose status is an error. */
  readonly keep?: SpanKeep | undefined;
}

/**
 * A span processor that keeps every span while the collector is slow, throttled or gone, within bounds, without slowing
 * the application down. For the `spanProcessors` of a `TracerProvider` of OpenTelemetry 2.x or 3.x.
 */
export class BackpressureSpanProcessor extends BackpressureProcessor<ReadableSpanLike> implements ThresholdSource {
  readonly #origins: UnknownOrigins;

  /** @throws RangeError or TypeError that names option and value */
  constructor(options: BackpressureSpanProcessorOptions = {}) {
    const { exporter = new OtlpSpanExporter(), keep, ...processorOptions } = options;
    // Spans come from the SDK that the exporter belongs to, so they have every field that the exporter reads.
    const spanExporter = exporter as ItemExporter<ReadableSpanLike>;
    const origins = new UnknownOrigins();
    const items = {
      resourceOf: ({ resource }: ReadableSpanLike) => resource,
      sampling: spanSamplingRules(keep, origins),
      marked: markedSpan,
    };
    super('BackpressureSpanProcessor', 'traces', spanExporter, items, processorOptions);
    this.#origins = origins;
  }

  /** Remembers traces that come from outside and do not say how they were sampled. Never throws. */
  onStart(span: unknown, _parentContext: unknown): void {
    try {
      this.#origins.onStart((span as ReadableSpanLike).parentSpanContext);
    } catch {
      // If a span cannot be read, it is counted when it ends.
    }
  }

  /** Takes a span that has ended, if it is sampled. Never throws, never waits. */
  onEnd(span: ReadableSpanLike): void {
    if (isSampled(span)) this.pipeline.offer(span);
  }

  /** The threshold by which spans are sampled now, for a `BackpressureSampler`; `KEEP_ALL` if they are not sampled. */
  get samplingThreshold(): Threshold {
    return this.pipeline.samplingThreshold;
  }

  /** Counts a trace that a `BackpressureSampler` has kept from being recorded. */
  onNotRecorded(): void {
    this.pipeline.onNotBuilt();
  }

  /**
   * Called if the root of a `BackpressureSampler` does not say what share it keeps. Spans without `th` then get none
   * here.
   */
  onSilentRoot(): void {
    this.#origins.onSilentRoot();
  }
}

/** A span whose context cannot be read is offered nevertheless, so that it is counted when it fails. */
function isSampled(span: ReadableSpanLike): boolean {
  try {
    return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
  } catch {
    return true;
  }
}
