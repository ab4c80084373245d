import { type SpanContextLike, traceStateText } from '@spillway/otlp';
import { readOtTraceState } from '@spillway/sampling';

/** Traces remembered at a time. Those of more concurrent requests are taken for our own. */
const MOST_TRACES = 4_096;

/** W3C Trace Context Level 2, "Random Trace ID Flag": whoever set it vouches for the randomness of the id. */
const FLAG_RANDOM = 0x02;

/**
 * Traces that came from outside and do not say how they were sampled there. To take them for unsampled would be a guess, and
 * so their spans get no threshold either.
 *
 * Only the first span of such a trace in this process shows it; those below it have local parents.
 */
export class UnknownOrigins {
  readonly #traceIds = new Set<string>();

  /** A span starts. @param parent its parent, where it has one */
  onStart(parent: SpanContextLike | undefined): void {
    if (parent?.isRemote !== true || (parent.traceFlags & FLAG_RANDOM) !== 0 || saysThreshold(parent)) return;
    if (this.#traceIds.size >= MOST_TRACES) this.#forgetOldest();
    this.#traceIds.add(parent.traceId);
  }

  /** Whether nobody knows with which probability a span's trace came here. */
  has({ traceId }: SpanContextLike): boolean {
    return this.#traceIds.has(traceId);
  }

  /** A set has the order in which its values were added. */
  #forgetOldest(): void {
    for (const traceId of this.#traceIds) {
      this.#traceIds.delete(traceId);
      return;
    }
  }
}

function saysThreshold(context: SpanContextLike): boolean {
  return Boolean(context.traceState) && readOtTraceState(traceStateText(context)).threshold !== undefined;
}
