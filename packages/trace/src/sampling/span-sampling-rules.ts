import { type SamplingRules, type SpanContextLike, traceStateText } from '@spillway/otlp';
import { readOtTraceState, upperRandomnessOf } from '@spillway/sampling';
import type { ReadableSpanLike } from '../readable-span.ts';
import { exemptionOf, type SpanKeep } from './span-keep.ts';
import type { UnknownOrigins } from './unknown-origins.ts';

/**
 * What spans say of themselves for sampling under load.
 * @throws RangeError or TypeError that names option and value
 */
export function spanSamplingRules(keep: SpanKeep | undefined, origins: UnknownOrigins): SamplingRules<ReadableSpanLike> {
  return {
    isExempt: exemptionOf(keep),
    randomnessOf: (span) => upperRandomnessOfContext(span.spanContext()),
    isMarked: (span) => !origins.has(span.spanContext()),
  };
}

/** `rv` of the trace state, else the trace id's own. */
export function upperRandomnessOfContext(context: SpanContextLike): number {
  if (context.traceState) {
    const { randomness } = readOtTraceState(traceStateText(context));
    if (randomness !== undefined) return randomness.high;
  }
  return upperRandomnessOf(context.traceId);
}
