import { createTraceState } from '@opentelemetry/api';
import { copyWith, type SpanContextLike, THRESHOLD_DIGITS, type ThresholdMark, thresholdText, traceStateText, wholeThreshold } from '@spillway/otlp';
import { isAbove, readOtTraceState, withThreshold } from '@spillway/sampling';
import type { ReadableSpanLike } from '../readable-span.ts';

/** How a trace state begins that `withThreshold` has changed: `ot` is moved to the front, and `th` is the first in it. */
const START = 'ot=th:';

/** A trace state with a threshold in it. */
export interface MarkedTraceState {
  readonly text: string;
  /** Characters from the four digits of the threshold to the end; 0 where a higher threshold was there before. */
  readonly distance: number;
}

/** The trace state of a span that has passed a threshold: the greater of this one and the one that it came with. */
export function markedTraceState(context: SpanContextLike, threshold: number): MarkedTraceState {
  if (!context.traceState) return { text: START + thresholdText(threshold), distance: THRESHOLD_DIGITS };
  const text = traceStateText(context);
  const passed = wholeThreshold(threshold);
  const incoming = readOtTraceState(text).threshold;
  const marked = withThreshold(text, passed);
  if (incoming !== undefined && !isAbove(passed, incoming)) return { text: marked, distance: 0 };
  // Zeros at the end are written as well, so that there is room for any other threshold.
  let end = START.length;
  while (end < marked.length && marked[end] !== ';' && marked[end] !== ',') end += 1;
  const whole = START + thresholdText(threshold) + marked.slice(end);
  return { text: whole, distance: whole.length - START.length };
}

/** A copy of the span with that trace state; the span itself stays as it is. */
export function markedSpan(span: ReadableSpanLike, { threshold }: ThresholdMark): ReadableSpanLike {
  const context = span.spanContext();
  const marked = { ...context, traceState: createTraceState(markedTraceState(context, threshold).text) };
  return copyWith(span, { spanContext: () => marked });
}
