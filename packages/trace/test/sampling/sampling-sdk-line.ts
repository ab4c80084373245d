import type { Tracer } from '@opentelemetry/api';
import type { BackpressureSampler, BackpressureSpanProcessor, SamplerLike } from '@spillway/trace';

export interface IdGeneratorLike {
  generateTraceId(): string;
  generateSpanId(): string;
}

/** One SDK line of traces, with what sampling has to do with of it. */
export interface SamplingSdkLine {
  readonly name: string;
  provider(options: { spanProcessors: BackpressureSpanProcessor[]; sampler?: BackpressureSampler | ReturnType<SamplingSdkLine['parentBased']>; idGenerator: IdGeneratorLike }): {
    getTracer(name: string): Tracer;
  };
  /** Upstream's samplers. */
  readonly alwaysOn: SamplerLike;
  readonly alwaysOff: SamplerLike;
  readonly half: SamplerLike;
  parentBased(root: SamplerLike): SamplerLike;
}

export const TRACE_ID_START = '0af7651916cd43dd84';
/** Kept by the lower and by the higher half of all thresholds. */
export const HIGH_TRACE = `${TRACE_ID_START}ffffffffffffff`;
export const LOW_TRACE = `${TRACE_ID_START}00000000000001`;

/** Ids as a test wants them: that of the next root span is `traceId`. */
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
