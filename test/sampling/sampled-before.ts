import { isTraceKept, parseThreshold, probabilityOf, type Threshold } from '@spillway/sampling';
import type { Overflow } from './span-runs.ts';
import type { TraceLoad } from './trace-load.ts';

/**
 * What an earlier sampler, in the SDK or in a caller, leaves of a load. It writes its threshold.
 * @param text its threshold, as in `th`
 * @param isSampled whether it sees a trace. Default: it sees all
 */
export function sampledBefore(
  load: TraceLoad,
  text: string,
  isSampled: (traceId: string) => boolean = () => true,
): TraceLoad {
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

/** An overflow with more spans made, so that as many spans come as without the earlier sampler. */
export function madeBefore(
  kind: (random: () => number, itemsPerSecond: number) => Overflow,
  random: () => number,
  itemsPerSecond: number,
  text: string,
): Overflow {
  const share = probabilityOf(parseThreshold(text) as Threshold);
  return { ...kind(random, itemsPerSecond / share), itemsPerSecond };
}
