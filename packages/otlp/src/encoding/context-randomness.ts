import { type Randomness, readOtTraceState, upperRandomnessOf } from '@spillway/sampling';
import { type SpanContextLike, traceStateText } from './span-context.ts';

/** The randomness that a trace state says, `rv`, which stands in for that of the trace id. */
export function statedRandomness(context: SpanContextLike): Randomness | undefined {
  return context.traceState ? readOtTraceState(traceStateText(context)).randomness : undefined;
}

/** The upper 28 bits of the randomness of a trace: of `rv`, else of its id. Negative where it has none. */
export function upperRandomnessOfContext(context: SpanContextLike): number {
  return statedRandomness(context)?.high ?? upperRandomnessOf(context.traceId);
}
