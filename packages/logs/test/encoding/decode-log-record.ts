import protobuf from 'otlp-protobuf-definitions/build/src/generated/root.js';

interface MessageType {
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): unknown;
}

/** The part of the generated code that is used. Its own declarations do not name any message. */
interface GeneratedRoot {
  readonly opentelemetry: { readonly proto: { readonly logs: { readonly v1: { readonly ScopeLogs: MessageType } } } };
}

export interface DecodedLogRecord {
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: object | null;
  readonly attributes: readonly { readonly key: string }[];
  readonly droppedAttributesCount: number;
  readonly flags: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
}

/** Reads one item, the field `log_records` of `ScopeLogs`, with upstream's definitions. */
export function decodeLogRecord(item: Uint8Array): DecodedLogRecord {
  const { ScopeLogs } = (protobuf as unknown as GeneratedRoot).opentelemetry.proto.logs.v1;
  const { logRecords } = ScopeLogs.toObject(ScopeLogs.decode(item), {
    defaults: true,
    longs: String,
    bytes: String,
  }) as {
    logRecords: DecodedLogRecord[];
  };
  const [record, ...more] = logRecords;
  if (record === undefined || more.length > 0)
    throw new Error(`${logRecords.length} log records where one was expected`);
  return record;
}
