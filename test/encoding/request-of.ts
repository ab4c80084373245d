import { encodeResourceHeader, encodeScopeHeader, ProtobufWriter } from '@spillway/otlp';
import { type ReadableSpanLike, SpanEncoder } from '@spillway/trace';
import protobuf from 'otlp-protobuf-definitions/build/src/generated/root.js';

interface MessageType {
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
  toObject(message: object, options: object): unknown;
}

/** The part of the generated code that is used; its own declarations name no message. */
interface GeneratedRoot {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: { readonly trace: { readonly v1: { readonly ExportTraceServiceRequest: MessageType } } };
    };
  };
}

const TAG_RESOURCE_SPANS = 0x0a;
const TAG_SCOPE_SPANS = 0x12;

/** A request of one span, put together from the pieces that the encoded buffer uses. */
export function requestOf(span: ReadableSpanLike, encoder = new SpanEncoder()): Uint8Array {
  const item = new ProtobufWriter((needed) => new Uint8Array(needed));
  encoder.encode(span, item);
  const scopeSpans = Buffer.concat([encodeScopeHeader(span.instrumentationScope), item.bytes.subarray(0, item.position)]);
  const resourceSpans = Buffer.concat([encodeResourceHeader(span.resource), field(TAG_SCOPE_SPANS, scopeSpans)]);
  return field(TAG_RESOURCE_SPANS, resourceSpans);
}

function field(tag: number, message: Uint8Array): Uint8Array {
  const writer = new ProtobufWriter((needed) => new Uint8Array(needed));
  writer.reserve(1);
  writer.bytes[writer.position++] = tag;
  writer.writeBytes(message);
  return writer.bytes.slice(0, writer.position);
}

/**
 * A request as upstream's definitions read it, defaults filled in, so that a field left out equals one written as 0.
 * @throws where it is not as long as those definitions write it: the decoder forgives wrong lengths
 */
export function decodeRequest(bytes: Uint8Array): unknown {
  const { ExportTraceServiceRequest } = (protobuf as unknown as GeneratedRoot).opentelemetry.proto.collector.trace.v1;
  const message = ExportTraceServiceRequest.decode(bytes);
  const { length } = ExportTraceServiceRequest.encode(message).finish();
  if (length !== bytes.length) throw new Error(`${bytes.length} bytes, where ${length} say the same`);
  return ExportTraceServiceRequest.toObject(message, {
    defaults: true,
    oneofs: true,
    longs: String,
    bytes: Array,
  });
}
