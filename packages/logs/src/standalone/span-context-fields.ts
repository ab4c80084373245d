import type { SpanContextLike } from '@spillway/otlp/encoding';

/** The names that OpenTelemetry's instrumentations of loggers write. */
interface SpanContextFields {
  readonly trace_id?: unknown;
  readonly span_id?: unknown;
  readonly trace_flags?: unknown;
}

const TRACE_ID = /^(?!0{32})[\da-f]{32}$/i;
const SPAN_ID = /^(?!0{16})[\da-f]{16}$/i;

/**
 * The span of a log record, from the fields that an instrumentation or a mixin has added to it. Flags are a number or
 * two hex digits; without them, the span counts as not sampled.
 * @returns `undefined` if one of the ids is missing or invalid
 */
export function spanContextOf({
  trace_id: traceId,
  span_id: spanId,
  trace_flags: flags,
}: SpanContextFields): SpanContextLike | undefined {
  if (typeof traceId !== 'string' || typeof spanId !== 'string') return undefined;
  if (!TRACE_ID.test(traceId) || !SPAN_ID.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: typeof flags === 'number' ? flags : Number.parseInt(String(flags), 16) || 0 };
}
