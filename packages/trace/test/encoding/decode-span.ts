import protobuf from 'otlp-protobuf-definitions/build/src/generated/root.js';

interface MessageType {
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): unknown;
}

/** The part of the generated code that is used. Its own declarations do not name any message. */
interface GeneratedRoot {
  readonly opentelemetry: { readonly proto: { readonly trace: { readonly v1: { readonly ScopeSpans: MessageType } } } };
}

interface DecodedPart {
  readonly name: string;
  readonly attributes: readonly { readonly key: string }[];
  readonly droppedAttributesCount: number;
}

export interface DecodedSpan extends DecodedPart {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly flags: number;
  readonly events: readonly DecodedPart[];
  readonly links: readonly DecodedPart[];
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}

/** Reads one item, the field `spans` of `ScopeSpans`, with upstream's definitions; ids in hex. */
export function decodeSpan(item: Uint8Array): DecodedSpan {
  const { ScopeSpans } = (protobuf as unknown as GeneratedRoot).opentelemetry.proto.trace.v1;
  const { spans } = ScopeSpans.toObject(ScopeSpans.decode(item), { defaults: true, longs: String, bytes: String }) as {
    spans: DecodedSpan[];
  };
  const [span, ...more] = spans;
  if (span === undefined || more.length > 0) throw new Error(`${spans.length} spans where one was expected`);
  const hex = (base64: string) => Buffer.from(base64, 'base64').toString('hex');
  return { ...span, traceId: hex(span.traceId), spanId: hex(span.spanId), parentSpanId: hex(span.parentSpanId) };
}
