/** What is read of a span context, of both SDK lines. */
export interface SpanContextLike {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly isRemote?: boolean | undefined;
  readonly traceState?: { serialize(): string } | undefined;
}

/** Whether the parent, or the linked span, is known to be in another process or not. Source: opentelemetry/proto/trace/v1/trace.proto, `SpanFlags`. */
const FLAG_HAS_IS_REMOTE = 0x100;
const FLAG_IS_REMOTE = 0x200;
const MASK_TRACE_FLAGS = 0xff;

/** The `flags` of a span (of its own flags and its parent's remoteness) and of a link. */
export function flagsOf(traceFlags: number, isRemote: boolean | undefined): number {
  return (traceFlags & MASK_TRACE_FLAGS) | FLAG_HAS_IS_REMOTE | (isRemote ? FLAG_IS_REMOTE : 0);
}

/** The trace state as its header's text; empty where there is none or it cannot be had. */
export function traceStateText(context: SpanContextLike): string {
  const { traceState } = context;
  if (traceState === undefined || traceState === null) return '';
  try {
    const text: unknown = traceState.serialize();
    return typeof text === 'string' ? text : '';
  } catch {
    return '';
  }
}
