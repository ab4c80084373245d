/** The properties that are read of a span context, in both SDK lines. */
export interface SpanContextLike {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly isRemote?: boolean | undefined;
  readonly traceState?: { serialize(): string } | undefined;
}

/**
 * Whether it is known if the parent, or the linked span, is in another process, and whether it is.
 * Source: opentelemetry/proto/trace/v1/trace.proto, `SpanFlags`.
 */
const FLAG_HAS_IS_REMOTE = 0x100;
const FLAG_IS_REMOTE = 0x200;
const MASK_TRACE_FLAGS = 0xff;

/** The `flags` of a span (its own flags, and whether its parent is remote) and of a link. */
export function flagsOf(traceFlags: number, isRemote: boolean | undefined): number {
  return (traceFlags & MASK_TRACE_FLAGS) | FLAG_HAS_IS_REMOTE | (isRemote ? FLAG_IS_REMOTE : 0);
}

/** The trace state as the text of its header; empty if there is none or reading it throws. */
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
