import { isTraceKept, parseThreshold, probabilityOf, type Threshold } from '@spillway/sampling';
import type { Overflow } from './span-runs.ts';
import type { TraceLoad } from './trace-load.ts';

/**
 * What is left of a load by a sampler before us, in the SDK or in a caller, that says so.
 * @param text of its threshold, as in `th`
 * @param isSampled the traces that it sees. Default: all
 */
export function sampledBefore(load: TraceLoad, text: string, isSampled: (traceId: string) => boolean = () => true): TraceLoad {
  const threshold = parseThreshold(text) as Threshold;
  const traceState = { serialize: () => `ot=th:${text}` };
  return load.map((spans) =>
    spans.flatMap((span) => {
      const context = { ...span.spanContext(), traceState };
      if (!isSampled(context.traceId)) return [span];
      return isTraceKept(context.traceId, threshold) ? [{ ...span, spanContext: () => context }] : [];
    }),
  );
}

/** An overflow of which so many more are made that as much comes as would without the sampler before. */
export function madeBefore(kind: (random: () => number, itemsPerSecond: number) => Overflow, random: () => number, itemsPerSecond: number, text: string): Overflow {
  const share = probabilityOf(parseThreshold(text) as Threshold);
  return { ...kind(random, itemsPerSecond / share), itemsPerSecond };
}
