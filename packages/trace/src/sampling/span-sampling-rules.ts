import { type SamplingRules, upperRandomnessOfContext } from '@spillway/pipeline';
import type { ReadableSpanLike } from '../readable-span.ts';
import { exemptionOf, type SpanKeep } from './span-keep.ts';
import type { UnknownOrigins } from './unknown-origins.ts';

/**
 * How sampling under load reads spans.
 * @throws RangeError or TypeError that names option and value
 */
export function spanSamplingRules(
  keep: SpanKeep | undefined,
  origins: UnknownOrigins,
): SamplingRules<ReadableSpanLike> {
  return {
    isExempt: exemptionOf(keep),
    randomnessOf: (span) => upperRandomnessOfContext(span.spanContext()),
    isProbabilityKnown: (span) => !origins.has(span.spanContext()),
  };
}
