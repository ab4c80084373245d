import type { ReadableSpanLike } from './readable-span.ts';

const TWO_TO_32 = 2 ** 32;

/**
 * Whether a span is among the 1 in `sampleRate` that are kept: by the randomness that W3C Trace Context level 2 puts in
 * the low 56 bits of a trace id, so that every span of a trace, in every process, is decided alike and traces stay
 * whole. The upper 32 of those bits are enough for a whole-number rate.
 */
export function isTraceSampled(span: ReadableSpanLike, sampleRate: number): boolean {
  const randomness = Number.parseInt(span.spanContext().traceId.slice(18, 26), 16);
  // A trace id that is none has no randomness; to keep its span is the lesser harm.
  return !(randomness < TWO_TO_32 * (1 - 1 / sampleRate));
}
