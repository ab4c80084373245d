const TWO_TO_32 = 2 ** 32;

/**
 * Whether an item is among the 1 in `sampleRate` that are kept: by the randomness that W3C Trace Context level 2 puts in
 * the low 56 bits of a trace id, so that all of a trace, in every process and signal, is decided alike and traces stay
 * whole. The upper 32 of those bits are enough for a whole-number rate.
 */
export function isTraceIdSampled(traceId: string, sampleRate: number): boolean {
  const randomness = Number.parseInt(traceId.slice(18, 26), 16);
  // A trace id that is none has no randomness; to keep its item is the lesser harm.
  return !(randomness < TWO_TO_32 * (1 - 1 / sampleRate));
}
