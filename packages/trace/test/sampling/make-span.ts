import type { ReadableSpanLike } from '@spillway/trace';

/** The part of a trace id that is not part of its randomness. */
const TRACE_ID_START = '0af7651916cd43dd84';
const RESOURCE = { attributes: { 'service.name': 'shop' } };
const SCOPE = { name: 'orders' };
const START_SECONDS = 1_700_000_000;

/** `HIGH` is kept by every threshold, `LOW` only by the lowest ones. */
export const HIGH = 'ffffffffffffff';
export const LOW = '00000000000001';

export interface SpanWishes {
  readonly name?: string;
  /** The low 56 bits of the trace id, in hex. */
  readonly randomness?: string;
  readonly traceId?: string;
  /** As it came in, however malformed. */
  readonly traceState?: string;
  readonly parent?: { readonly isRemote?: boolean; readonly traceFlags?: number; readonly traceState?: string };
  /** Other fields of the span. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

let made = 0;

/**
 * A span that has ended, as an SDK makes them. By default it is sampled, took one second, and every threshold keeps it.
 */
export function makeSpan({
  name = 'GET /orders',
  randomness = HIGH,
  traceId = TRACE_ID_START + randomness,
  traceState,
  parent,
  fields = {},
}: SpanWishes = {}): ReadableSpanLike {
  made += 1;
  const spanContext = { traceId, spanId: made.toString(16).padStart(16, '0'), traceFlags: 1, ...stateOf(traceState) };
  const parentSpanContext = parent && {
    traceId,
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
    ...parent,
    ...stateOf(parent.traceState),
  };
  const span = {
    name,
    kind: 1,
    spanContext: () => spanContext,
    parentSpanContext,
    startTime: [START_SECONDS, 0],
    endTime: [START_SECONDS + 1, 0],
    status: { code: 0 },
    attributes: {},
    links: [],
    events: [],
    resource: RESOURCE,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  return Object.defineProperties(span, Object.getOwnPropertyDescriptors(fields)) as unknown as ReadableSpanLike;
}

/** A span with the status of an error. */
export function makeError(wishes: SpanWishes = {}): ReadableSpanLike {
  return makeSpan({ randomness: LOW, ...wishes, fields: { status: { code: 2 }, ...wishes.fields } });
}

function stateOf(text: string | undefined): { readonly traceState?: { serialize(): string } } {
  return text === undefined ? {} : { traceState: { serialize: () => text } };
}
