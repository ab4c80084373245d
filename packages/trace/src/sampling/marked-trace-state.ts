import { createTraceState } from '@opentelemetry/api';
import { type SpanContextLike, THRESHOLD_DIGITS, type ThresholdMark, traceStateText } from '@spillway/otlp/encoding';
import { copyWith, thresholdText, wholeThreshold } from '@spillway/pipeline';
import { withThresholdAhead } from '@spillway/sampling';
import type { ReadableSpanLike } from '../readable-span.ts';

/** How a trace state begins that `withThresholdAhead` has made. */
const START = 'ot=th:';

/** A trace state with a threshold in it. */
export interface MarkedTraceState {
  readonly text: string;
  /** Characters from the digits of the threshold, four or more, to the end. */
  readonly distance: number;
}

/** The trace state of a span that has passed a threshold: the greater of this one and the one that it came with. */
export function markedTraceState(context: SpanContextLike, threshold: number): MarkedTraceState {
  if (!context.traceState) return { text: START + thresholdText(threshold), distance: THRESHOLD_DIGITS };
  const text = withThresholdAhead(traceStateText(context), wholeThreshold(threshold), THRESHOLD_DIGITS);
  return { text, distance: text.length - START.length };
}

/** A copy of the span with that trace state; the span itself stays as it is. */
export function markedSpan(span: ReadableSpanLike, { threshold }: ThresholdMark): ReadableSpanLike {
  const context = span.spanContext();
  const marked = { ...context, traceState: createTraceState(markedTraceState(context, threshold).text) };
  return copyWith(span, { spanContext: () => marked });
}
