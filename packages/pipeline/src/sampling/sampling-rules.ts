import { type SpanContextLike, traceStateText } from '@spillway/otlp/encoding';
import { type Randomness, readOtTraceState, upperRandomnessOf } from '@spillway/sampling';

/** A signal's rules for sampling its items under load. */
export interface SamplingRules<Item> {
  /**
   * The upper 28 of the 56 bits of randomness that all items of a trace share; negative if there is none. Then the item
   * is kept, which is the lesser harm.
   */
  randomnessOf(item: Item): number;
  /** Whether the item is kept whatever the load. */
  isExempt(item: Item): boolean;
  /** Whether it is known how the item was sampled before. Only then does it state the threshold that it passed here. */
  isProbabilityKnown(item: Item): boolean;
}

/** The application's rule for items that are kept whatever the load. An error counts as no: a hook must not throw. */
export function keepRule<Item>(keep: (item: Item) => boolean): (item: Item) => boolean {
  return (item) => {
    try {
      return keep(item);
    } catch {
      return false;
    }
  };
}

/** The randomness stated in a trace state (`rv`), which replaces that of the trace id. */
export function statedRandomness(context: SpanContextLike): Randomness | undefined {
  return context.traceState ? readOtTraceState(traceStateText(context)).randomness : undefined;
}

/** The upper 28 bits of a trace's randomness: from `rv`, otherwise from its id. Negative if there is none. */
export function upperRandomnessOfContext(context: SpanContextLike): number {
  return statedRandomness(context)?.high ?? upperRandomnessOf(context.traceId);
}
