import { type SpanContextLike, traceStateText } from '@spillway/otlp/encoding';
import { readOtTraceState } from '@spillway/sampling';

/**
 * W3C Trace Context Level 2, "Random Trace ID Flag": whoever set it vouches for the randomness of the id. It comes with the
 * sampling that knows of thresholds, and so without one nothing was sampled.
 */
const FLAG_RANDOM = 0x02;

/** Whether a parent in another process says how its trace was sampled there. */
export function saysOrigin(parent: SpanContextLike): boolean {
  return (parent.traceFlags & FLAG_RANDOM) !== 0 || saysThreshold(parent);
}

export function saysThreshold(context: SpanContextLike): boolean {
  return Boolean(context.traceState) && readOtTraceState(traceStateText(context)).threshold !== undefined;
}
