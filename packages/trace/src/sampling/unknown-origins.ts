import { type SpanContextLike, traceStateText } from '@spillway/otlp/encoding';
import { readOtTraceState } from '@spillway/sampling';

/**
 * W3C Trace Context Level 2, "Random Trace ID Flag": whoever set it vouches for the randomness of the id. It comes with the
 * sampling that knows of thresholds, and so without one nothing was sampled.
 */
const FLAG_RANDOM = 0x02;

/** Traces remembered: the latest. Of more at a time the first are taken for our own. */
const MOST_TRACES = 4_096;

/**
 * Traces that came from outside and do not say how they were sampled there. To take them for unsampled would be a guess, and
 * so their spans get no threshold either.
 *
 * Only the first span of such a trace in this process shows it; those below it have local parents.
 *
 * The same goes for traces that begin here, where a sampler decides about them that does not say what it keeps.
 */
export class UnknownOrigins {
  readonly #traceIds = new Set<string>();
  #isRootSilent = false;

  /** A span starts. @param parent its parent, where it has one */
  onStart(parent: SpanContextLike | undefined): void {
    if (parent?.isRemote !== true || saysOrigin(parent) || this.#traceIds.has(parent.traceId)) return;
    if (this.#traceIds.size >= MOST_TRACES) this.#forgetOldest();
    this.#traceIds.add(parent.traceId);
  }

  /** From here on the probability of a trace is known only where it is said. */
  onSilentRoot(): void {
    this.#isRootSilent = true;
  }

  /** Whether nobody knows with which probability a span's trace came here, or was begun. */
  has(span: SpanContextLike): boolean {
    return this.#traceIds.has(span.traceId) || (this.#isRootSilent && !saysThreshold(span));
  }

  /** A set has the order in which its values were added. */
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
