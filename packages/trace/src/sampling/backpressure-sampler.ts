import { type Attributes, type Context, createTraceState, type Link, trace, TraceFlags, type TraceState } from '@opentelemetry/api';
import { traceStateText } from '@spillway/otlp';
import { KEEP_ALL, type Threshold, readOtTraceState, withThreshold } from '@spillway/sampling';
import { upperRandomnessOfContext } from './span-sampling-rules.ts';

/** `SamplingDecision` of both SDK lines. */
const NOT_RECORD = 0;
const RECORD_AND_SAMPLED = 2;

/** What is used of a sampler, of both SDK lines. */
export interface SamplerLike {
  shouldSample(context: Context, traceId: string, spanName: string, spanKind: number, attributes: Attributes, links: Link[]): SamplingResultLike;
  toString(): string;
}

export interface SamplingResultLike {
  readonly decision: number;
  readonly attributes?: Readonly<Attributes>;
  readonly traceState?: TraceState;
}

/** Where the threshold comes from: a `BackpressureSpanProcessor`. */
export interface ThresholdSource {
  readonly samplingThreshold: Threshold;
  /** Told of each span that is not recorded because of the threshold. */
  onNotRecorded(): void;
}

/** Options of {@link BackpressureSampler}. */
export interface BackpressureSamplerOptions {
  /** The processor whose threshold holds. */
  readonly processor: ThresholdSource;
  /** Decides before; what it does not sample stays as it is. Default: everything is sampled. */
  readonly root?: SamplerLike | undefined;
}

/**
 * Sampling under load at the head: a trace that the processor would sample out is not even recorded. For the `sampler` of
 * a `TracerProvider`, by itself or as the root of a `ParentBasedSampler`.
 *
 * While there is no load the result is that of `root`. Under load a trace is kept iff its randomness is at or above the
 * processor's threshold, which is then written into its trace state (`th`). A span with a local parent follows it, so
 * that no trace gets holes when the threshold changes.
 */
export class BackpressureSampler {
  readonly #processor: ThresholdSource;
  readonly #root: SamplerLike | undefined;

  /** @throws TypeError that names the option */
  constructor(options: BackpressureSamplerOptions) {
    if (typeof options?.processor?.onNotRecorded !== 'function') {
      throw new TypeError('processor must be a BackpressureSpanProcessor: the threshold is its');
    }
    if (options.root !== undefined && typeof options.root?.shouldSample !== 'function') {
      throw new TypeError('root must be a sampler, with a function shouldSample');
    }
    this.#processor = options.processor;
    this.#root = options.root;
  }

  shouldSample(context: Context, traceId: string, spanName: string, spanKind: number, attributes: Attributes, links: Link[]): SamplingResultLike {
    const parent = trace.getSpanContext(context);
    if (parent !== undefined && parent.isRemote !== true && trace.isSpanContextValid(parent)) {
      return { decision: (parent.traceFlags & TraceFlags.SAMPLED) === 0 ? NOT_RECORD : RECORD_AND_SAMPLED };
    }
    const result = this.#root?.shouldSample(context, traceId, spanName, spanKind, attributes, links) ?? { decision: RECORD_AND_SAMPLED };
    const threshold = this.#processor.samplingThreshold;
    if (result.decision !== RECORD_AND_SAMPLED || threshold === KEEP_ALL) return result;
    const traceState = result.traceState ?? parent?.traceState;
    const randomness = upperRandomnessOfContext({ traceId, spanId: '', traceFlags: 0, traceState });
    if (randomness >= 0 && randomness < threshold.high) {
      this.#processor.onNotRecorded();
      return { decision: NOT_RECORD };
    }
    if (!this.#isProbabilityKnown(traceState, parent !== undefined)) return result;
    const text = traceStateText({ traceId, spanId: '', traceFlags: 0, traceState });
    return { ...result, traceState: createTraceState(withThreshold(text, threshold)) };
  }

  toString(): string {
    return `BackpressureSampler{root=${this.#root?.toString() ?? 'AlwaysOnSampler'}}`;
  }

  /** What came from outside without a word of its sampling, or from a sampler that has none, has no count to be corrected. */
  #isProbabilityKnown(traceState: TraceState | undefined, hasParent: boolean): boolean {
    if (traceState !== undefined && readOtTraceState(traceStateText({ traceId: '', spanId: '', traceFlags: 0, traceState })).threshold !== undefined) return true;
    return !hasParent && (this.#root === undefined || this.#root.toString() === 'AlwaysOnSampler');
  }
}
