import { createTraceState } from '@opentelemetry/api';
import { type SpanContextLike, THRESHOLD_DIGITS, type ThresholdMark, traceStateText } from '@spillway/otlp/encoding';
import { copyWith, thresholdText, wholeThreshold } from '@spillway/pipeline';
import { withThresholdAhead } from '@spillway/sampling';
import type { ReadableSpanLike } from '../readable-span.ts';

/** A trace state from `withThresholdAhead` begins with this. */
const START = 'ot=th:';

/** A trace state with a threshold in it. */
export interface MarkedTraceState {
  readonly text: string;
  /** Number of characters from the first digit of the threshold, which has four or more digits, to the end. */
  readonly distance: number;
}

/**
 * The trace state of a span that has passed a threshold. It has the greater of this threshold and the one already
 * there.
 */
export function markedTraceState(context: SpanContextLike, threshold: number): MarkedTraceState {
  if (!context.traceState) return { text: START + thresholdText(threshold), distance: THRESHOLD_DIGITS };
  const text = withThresholdAhead(traceStateText(context), wholeThreshold(threshold), THRESHOLD_DIGITS);
  return { text, distance: text.length - START.length };
}

/** A copy of the span with that trace state. The span itself does not change. */
export function markedSpan(span: ReadableSpanLike, { threshold }: ThresholdMark): ReadableSpanLike {
  const context = span.spanContext();
  const marked = { ...context, traceState: createTraceState(markedTraceState(context, threshold).text) };
  return copyWith(span, { spanContext: () => marked });
}
