import { type Attributes, type Context, createTraceState, type Link, type SpanContext, trace, TraceFlags, type TraceState } from '@opentelemetry/api';
import { type SpanContextLike, traceStateText } from '@spillway/otlp/encoding';
import { upperRandomnessOfContext } from '@spillway/pipeline';
import { isAbove, KEEP_ALL, type Threshold, withoutThreshold, withThreshold } from '@spillway/sampling';
import { saysOrigin, saysThreshold } from './unknown-origins.ts';

const ALWAYS_ON = 'AlwaysOnSampler';

/** How upstream's `ParentBasedSampler` describes itself, in both SDK lines. */
const PARENT_BASED = /^ParentBased\{root=AlwaysOnSampler, remoteParentSampled=AlwaysOnSampler, remoteParentNotSampled=AlwaysOffSampler, /;

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
  /** Told of each trace that is not recorded because of the threshold. */
  onNotRecorded(): void;
  /** Told where the root of the sampler does not say what it keeps: a span without `th` has then no known probability. */
  onSilentRoot?(): void;
}

/** Options of {@link BackpressureSampler}. */
export interface BackpressureSamplerOptions {
  /** The processor whose threshold holds. */
  readonly processor: ThresholdSource;
  /**
   * Decides before; what it does not sample stays as it is. One that keeps a share has to write its `th`: else the probability of
   * a span is not known, and it gets none. Default: everything is sampled.
   */
  readonly root?: SamplerLike | undefined;
}

/**
 * Sampling under load at the head: a trace that the processor would sample out is not even recorded. For the `sampler` of
 * a `TracerProvider`, by itself or as the root of a `ParentBasedSampler`.
 *
 * Without load the result is that of `root`. Under load a trace is kept iff its randomness is at or above the processor's
 * threshold, which is then written into its trace state (`th`). That is decided where a trace comes into the process: a
 * span whose local parent is not sampled is not recorded, and one whose local parent is, is for `root` alone to decide. So
 * no trace gets holes here when the threshold changes.
 */
export class BackpressureSampler {
  readonly #processor: ThresholdSource;
  readonly #root: SamplerLike | undefined;
  readonly #isRootSilent: boolean;

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
    this.#isRootSilent = isSilent(options.root);
    if (this.#isRootSilent) this.#processor.onSilentRoot?.();
  }

  shouldSample(context: Context, traceId: string, spanName: string, spanKind: number, attributes: Attributes, links: Link[]): SamplingResultLike {
    const parent = parentIn(context);
    const isLocal = parent !== undefined && parent.isRemote !== true;
    if (isLocal && (parent.traceFlags & TraceFlags.SAMPLED) === 0) return { decision: NOT_RECORD };
    const result = this.#root?.shouldSample(context, traceId, spanName, spanKind, attributes, links) ?? { decision: RECORD_AND_SAMPLED };
    const threshold = this.#processor.samplingThreshold;
    if (isLocal || result.decision !== RECORD_AND_SAMPLED || !isAbove(threshold, KEEP_ALL)) return result;
    const span = { traceId, spanId: '', traceFlags: 0, traceState: result.traceState ?? parent?.traceState };
    return this.#sampled(result, span, threshold, parent);
  }

  toString(): string {
    return `BackpressureSampler{root=${this.#root?.toString() ?? 'AlwaysOnSampler'}}`;
  }

  /** The result of the root sampler, with the threshold applied. */
  #sampled(result: SamplingResultLike, span: SpanContextLike, threshold: Threshold, parent: SpanContextLike | undefined): SamplingResultLike {
    const text = traceStateText(span);
    const randomness = upperRandomnessOfContext(span);
    if (randomness >= 0 && randomness < threshold.high) {
      this.#processor.onNotRecorded();
      // A trace that is passed on unsampled has no probability of being there.
      return text === '' ? { decision: NOT_RECORD } : { decision: NOT_RECORD, traceState: createTraceState(withoutThreshold(text)) };
    }
    if (!this.#isProbabilityKnown(span, parent)) return result;
    return { ...result, traceState: createTraceState(withThreshold(text, threshold)) };
  }

  /** What came from outside without a word of its sampling, or from a sampler that has none, has no count to be corrected. */
  #isProbabilityKnown(span: SpanContextLike, parent: SpanContextLike | undefined): boolean {
    return saysThreshold(span) || (!this.#isRootSilent && (parent === undefined || saysOrigin(parent)));
  }
}

/** A context that is invalid is no parent, as it is none to the SDKs. */
function parentIn(context: Context): SpanContext | undefined {
  const parent = trace.getSpanContext(context);
  return parent !== undefined && trace.isSpanContextValid(parent) ? parent : undefined;
}

/**
 * Whether a sampler may keep a share of what comes without saying so. Of upstream's those do not that keep all, the default of
 * the SDKs among them; whatever else samples has to write its `th`.
 */
function isSilent(root: { toString(): string } | undefined): boolean {
  if (root === undefined) return false;
  const description = root.toString();
  return description !== ALWAYS_ON && !PARENT_BASED.test(description);
}
