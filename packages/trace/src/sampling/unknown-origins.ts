import { type SpanContextLike, traceStateText } from '@spillway/otlp/encoding';
import { readOtTraceState } from '@spillway/sampling';

/**
 * W3C Trace Context Level 2, "Random Trace ID Flag": the process that set it vouches for the randomness of the id. Such
 * a process also writes thresholds when it samples, so without a threshold the trace was not sampled.
 */
const FLAG_RANDOM = 0x02;

/** Only this many of the latest traces are remembered. Earlier ones are treated as traces that began here. */
const MOST_TRACES = 4_096;

/**
 * Traces that came from outside and do not say how they were sampled there. Assuming that they were not sampled would
 * be a guess, so their spans get no threshold.
 *
 * Only the first span of such a trace in this process shows this; the spans below it have local parents.
 *
 * The same applies to traces that begin here, if their sampler does not say what share it keeps.
 */
export class UnknownOrigins {
  readonly #traceIds = new Set<string>();
  #isRootSilent = false;

  /** A span starts. @param parent its parent, if it has one */
  onStart(parent: SpanContextLike | undefined): void {
    if (parent?.isRemote !== true || saysOrigin(parent) || this.#traceIds.has(parent.traceId)) return;
    if (this.#traceIds.size >= MOST_TRACES) this.#forgetOldest();
    this.#traceIds.add(parent.traceId);
  }

  /** From now on, the probability of a trace is known only if its tracestate says it. */
  onSilentRoot(): void {
    this.#isRootSilent = true;
  }

  /** Whether the probability with which a span's trace was sampled so far is unknown. */
  has(span: SpanContextLike): boolean {
    return this.#traceIds.has(span.traceId) || (this.#isRootSilent && !saysThreshold(span));
  }

  /** A set keeps its values in the order in which they were added. */
  #forgetOldest(): void {
    for (const traceId of this.#traceIds) {
      this.#traceIds.delete(traceId);
      return;
    }
  }
}

/** Whether a parent in another process says how its trace was sampled there. */
export function saysOrigin(parent: SpanContextLike): boolean {
  return (parent.traceFlags & FLAG_RANDOM) !== 0 || saysThreshold(parent);
}

export function saysThreshold(context: SpanContextLike): boolean {
  return Boolean(context.traceState) && readOtTraceState(traceStateText(context)).threshold !== undefined;
}
