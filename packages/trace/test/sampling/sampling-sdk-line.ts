import type { Tracer } from '@opentelemetry/api';
import type { BackpressureSampler, BackpressureSpanProcessor, SamplerLike } from '@spillway/trace';

export interface IdGeneratorLike {
  generateTraceId(): string;
  generateSpanId(): string;
}

/** The parts of one SDK line of traces that sampling uses. */
export interface SamplingSdkLine {
  readonly name: string;
  provider(options: {
    spanProcessors: BackpressureSpanProcessor[];
    sampler?: BackpressureSampler | ReturnType<SamplingSdkLine['parentBased']>;
    idGenerator: IdGeneratorLike;
  }): {
    getTracer(name: string): Tracer;
  };
  /** Upstream's samplers. */
  readonly alwaysOn: SamplerLike;
  readonly alwaysOff: SamplerLike;
  readonly half: SamplerLike;
  parentBased(root: SamplerLike): SamplerLike;
}

export const TRACE_ID_START = '0af7651916cd43dd84';
/** `HIGH_TRACE` is kept by every threshold, `LOW_TRACE` only by the lowest ones. */
export const HIGH_TRACE = `${TRACE_ID_START}ffffffffffffff`;
export const LOW_TRACE = `${TRACE_ID_START}00000000000001`;

/** An id generator that a test controls: the trace id of the next root span is `traceId`. */
export function steeredIds(): IdGeneratorLike & { traceId: string } {
  let spans = 0;
  return {
    traceId: HIGH_TRACE,
    generateTraceId() {
      return this.traceId;
    },
    generateSpanId: () => (spans += 1).toString(16).padStart(16, '0'),
  };
}
