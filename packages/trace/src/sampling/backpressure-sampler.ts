import {
  type Attributes,
  type Context,
  createTraceState,
  type Link,
  type SpanContext,
  trace,
  TraceFlags,
  type TraceState,
} from '@opentelemetry/api';
import { type SpanContextLike, traceStateText } from '@spillway/otlp/encoding';
import { upperRandomnessOfContext } from '@spillway/pipeline';
import { isAbove, KEEP_ALL, type Threshold, withoutThreshold, withThreshold } from '@spillway/sampling';
import { saysOrigin, saysThreshold } from './unknown-origins.ts';

const ALWAYS_ON = 'AlwaysOnSampler';

/** How upstream's `ParentBasedSampler` describes itself, in both SDK lines. */
const PARENT_BASED =
  /^ParentBased\{root=AlwaysOnSampler, remoteParentSampled=AlwaysOnSampler, remoteParentNotSampled=AlwaysOffSampler, /;

/** `SamplingDecision` of both SDK lines. */
const NOT_RECORD = 0;
const RECORD_AND_SAMPLED = 2;

/** The part of a sampler that is used, of both SDK lines. */
export interface SamplerLike {
  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: number,
    attributes: Attributes,
    links: Link[],
  ): SamplingResultLike;
  toString(): string;
}

export interface SamplingResultLike {
  readonly decision: number;
  readonly attributes?: Readonly<Attributes>;
  readonly traceState?: TraceState;
}

/** The source of the threshold: a `BackpressureSpanProcessor`. */
export interface ThresholdSource {
  readonly samplingThreshold: Threshold;
  /** Called for each trace that is not recorded because of the threshold. */
  onNotRecorded(): void;
  /**
   * Called if the root of the sampler does not say what share it keeps. Then the probability of a span without `th` is
   * not known.
   */
  onSilentRoot?(): void;
}

/** Options of {@link BackpressureSampler}. */
export interface BackpressureSamplerOptions {
  /** The processor whose threshold is used. */
  readonly processor: ThresholdSource;
  /**
   * Decides first; spans that it does not sample are left alone. If it keeps a share, it must write its `th`. Otherwise
   * the probability of a span is not known, and the span gets no `th`. Default: all spans are sampled.
   */
  readonly root?: SamplerLike | undefined;
}

/**
 * Sampling under load at the head: a trace that the processor would sample out is not even recorded. For the `sampler` of
 * a `TracerProvider`, by itself or as the root of a `ParentBasedSampler`.
 *
 * Without load the result is that of `root`. Under load a trace is kept iff its randomness is at or above the processor's
 * threshold, which is then written into its trace state (`th`). The decision is made when a trace enters the process. A
 * span whose local parent is not sampled is not recorded; for a span whose local parent is sampled, only `root`
 * decides. So no trace gets holes here when the threshold changes.
 */
export class BackpressureSampler {
  readonly #processor: ThresholdSource;
  readonly #root: SamplerLike | undefined;
  readonly #isRootSilent: boolean;

  /** @throws TypeError that names the option */
  constructor(options: BackpressureSamplerOptions) {
    if (typeof options?.processor?.onNotRecorded !== 'function') {
      throw new TypeError('processor must be a BackpressureSpanProcessor, because its threshold is used');
    }
    if (options.root !== undefined && typeof options.root?.shouldSample !== 'function') {
      throw new TypeError('root must be a sampler, with a function shouldSample');
    }
    this.#processor = options.processor;
    this.#root = options.root;
    this.#isRootSilent = isSilent(options.root);
    if (this.#isRootSilent) this.#processor.onSilentRoot?.();
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: number,
    attributes: Attributes,
    links: Link[],
  ): SamplingResultLike {
    const parent = parentIn(context);
    const isLocal = parent !== undefined && parent.isRemote !== true;
    if (isLocal && (parent.traceFlags & TraceFlags.SAMPLED) === 0) return { decision: NOT_RECORD };
    const result = this.#root?.shouldSample(context, traceId, spanName, spanKind, attributes, links) ?? {
      decision: RECORD_AND_SAMPLED,
    };
    const threshold = this.#processor.samplingThreshold;
    if (isLocal || result.decision !== RECORD_AND_SAMPLED || !isAbove(threshold, KEEP_ALL)) return result;
    const span = { traceId, spanId: '', traceFlags: 0, traceState: result.traceState ?? parent?.traceState };
    return this.#sampled(result, span, threshold, parent);
  }

  toString(): string {
    return `BackpressureSampler{root=${this.#root?.toString() ?? 'AlwaysOnSampler'}}`;
  }

  /** The result of the root sampler, with the threshold applied. */
  #sampled(
    result: SamplingResultLike,
    span: SpanContextLike,
    threshold: Threshold,
    parent: SpanContextLike | undefined,
  ): SamplingResultLike {
    const text = traceStateText(span);
    const randomness = upperRandomnessOfContext(span);
    if (randomness >= 0 && randomness < threshold.high) {
      this.#processor.onNotRecorded();
      // A trace that is passed on unsampled has no sampling probability.
      return text === ''
        ? { decision: NOT_RECORD }
        : { decision: NOT_RECORD, traceState: createTraceState(withoutThreshold(text)) };
    }
    if (!this.#isProbabilityKnown(span, parent)) return result;
    return { ...result, traceState: createTraceState(withThreshold(text, threshold)) };
  }

  /** If the caller, or the root sampler, does not say how it sampled a trace, no adjusted count can be computed. */
  #isProbabilityKnown(span: SpanContextLike, parent: SpanContextLike | undefined): boolean {
    return saysThreshold(span) || (!this.#isRootSilent && (parent === undefined || saysOrigin(parent)));
  }
}

/** An invalid context does not count as a parent, as in the SDKs. */
function parentIn(context: Context): SpanContext | undefined {
  const parent = trace.getSpanContext(context);
  return parent !== undefined && trace.isSpanContextValid(parent) ? parent : undefined;
}

/**
 * Whether a sampler may keep a share of the traces without saying so. Upstream's samplers that keep all traces do not;
 * the SDK's default is one of them. Any other sampler has to write its `th`.
 */
function isSilent(root: { toString(): string } | undefined): boolean {
  if (root === undefined) return false;
  const description = root.toString();
  return description !== ALWAYS_ON && !PARENT_BASED.test(description);
}
