import { type SpanContextLike, traceStateText } from '@spillway/otlp/encoding';
import { type Randomness, readOtTraceState, upperRandomnessOf } from '@spillway/sampling';

/** What a signal says of its items for sampling under load. */
export interface SamplingRules<Item> {
  /**
   * The upper 28 of the 56 bits of randomness that all of an item's trace shares; negative where it has none. Without it,
   * to keep an item is the lesser harm.
   */
  randomnessOf(item: Item): number;
  /** Kept whatever the load. */
  isExempt(item: Item): boolean;
  /** Whether somebody knows how an item was sampled before. Only then it is to say by what it was kept here. */
  isProbabilityKnown(item: Item): boolean;
}

/** A rule of the application by which items are kept whatever the load. What it throws is a no: a hook must not throw. */
export function keepRule<Item>(keep: (item: Item) => boolean): (item: Item) => boolean {
  return (item) => {
    try {
      return keep(item);
    } catch {
      return false;
    }
  };
}

/** The randomness that a trace state says, `rv`, which stands in for that of the trace id. */
export function statedRandomness(context: SpanContextLike): Randomness | undefined {
  return context.traceState ? readOtTraceState(traceStateText(context)).randomness : undefined;
}

/** The upper 28 bits of the randomness of a trace: of `rv`, else of its id. Negative where it has none. */
export function upperRandomnessOfContext(context: SpanContextLike): number {
  return statedRandomness(context)?.high ?? upperRandomnessOf(context.traceId);
}
