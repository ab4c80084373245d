import { encodeResourceHeader, encodeScopeHeader, type ItemEncoder, ProtobufWriter } from '@spillway/otlp/encoding';
import protobuf from 'otlp-protobuf-definitions/build/src/generated/root.js';

interface MessageType {
  decode(bytes: Uint8Array): object;
  fromObject(json: object): object;
  encode(message: object): { finish(): Uint8Array };
  toObject(message: object, options: object): unknown;
}

/** The part of the generated code that is used. Its own declarations do not name any message. */
interface GeneratedRoot {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: {
        readonly trace: { readonly v1: { readonly ExportTraceServiceRequest: MessageType } };
        readonly logs: { readonly v1: { readonly ExportLogsServiceRequest: MessageType } };
        readonly metrics: { readonly v1: { readonly ExportMetricsServiceRequest: MessageType } };
      };
    };
  };
}

const { trace, logs, metrics } = (protobuf as unknown as GeneratedRoot).opentelemetry.proto.collector;
const REQUESTS = {
  traces: trace.v1.ExportTraceServiceRequest,
  logs: logs.v1.ExportLogsServiceRequest,
  metrics: metrics.v1.ExportMetricsServiceRequest,
};

export type RequestName = keyof typeof REQUESTS;

/** `resource_spans` and `scope_spans`, and their log forms. */
const TAG_RESOURCE_ITEMS = 0x0a;
const TAG_SCOPE_ITEMS = 0x12;

/** A request with one item, built from the parts that the encoded buffer uses. */
export function requestOf<Item>(item: Item, encoder: ItemEncoder<Item>): Uint8Array {
  const writer = new ProtobufWriter((needed) => new Uint8Array(needed));
  encoder.encode(item, writer);
  const scopeItems = Buffer.concat([
    encodeScopeHeader(encoder.scopeOf(item)),
    writer.bytes.subarray(0, writer.position),
  ]);
  const resourceItems = Buffer.concat([
    encodeResourceHeader(encoder.resourceOf(item)),
    field(TAG_SCOPE_ITEMS, scopeItems),
  ]);
  return field(TAG_RESOURCE_ITEMS, resourceItems);
}

function field(tag: number, message: Uint8Array): Uint8Array {
  const writer = new ProtobufWriter((needed) => new Uint8Array(needed));
  writer.reserve(1);
  writer.bytes[writer.position++] = tag;
  writer.writeBytes(message);
  return writer.bytes.slice(0, writer.position);
}

/**
 * A request as upstream's definitions read it, with defaults filled in, so that a missing field equals a field written
 * as 0.
 * @throws if its length differs from what those definitions write, because the decoder tolerates wrong lengths
 */
export function decodeRequest(signal: keyof typeof REQUESTS, bytes: Uint8Array): unknown {
  const type = REQUESTS[signal];
  const message = type.decode(bytes);
  const { length } = type.encode(message).finish();
  if (length !== bytes.length) throw new Error(`${bytes.length} bytes, but ${length} bytes mean the same`);
  return type.toObject(message, { defaults: true, oneofs: true, longs: String, bytes: Array });
}

/** Encodes a request in OTLP/JSON with upstream's definitions. Numbers and bytes may also be given as they are. */
export function encodeRequest(signal: RequestName, json: object): Uint8Array {
  const type = REQUESTS[signal];
  return type.encode(type.fromObject(withIdsAsBytes(json) as object)).finish();
}

/** The definitions expect ids in base64, or as bytes. */
function withIdsAsBytes(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withIdsAsBytes);
  if (typeof json !== 'object' || json === null || json instanceof Uint8Array) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [
      name,
      ID_NAMES.includes(name) ? Buffer.from(value as string, 'hex') : withIdsAsBytes(value),
    ]),
  );
}

const ID_NAMES: readonly string[] = ['traceId', 'spanId', 'parentSpanId'];
