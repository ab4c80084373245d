export { BackpressureSpanProcessor, type BackpressureSpanProcessorOptions } from './backpressure-span-processor.ts';
export { SpanEncoder } from './encoding/span-encoder.ts';
export { OtlpSpanExporter } from './otlp-span-exporter.ts';
export type { ReadableSpanLike } from './readable-span.ts';
export {
  BackpressureSampler,
  type BackpressureSamplerOptions,
  type SamplerLike,
  type SamplingResultLike,
  type ThresholdSource,
} from './sampling/backpressure-sampler.ts';
export type { SpanKeep, SpanKeepRules } from './sampling/span-keep.ts';
