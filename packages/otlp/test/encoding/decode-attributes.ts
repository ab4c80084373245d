import protobuf from 'otlp-protobuf-definitions/build/src/generated/root.js';

interface MessageType {
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
  toObject(message: object, options: object): unknown;
}

/** The part of the generated code that is used; its own declarations do not list the messages. */
interface GeneratedRoot {
  readonly opentelemetry: {
    readonly proto: { readonly resource: { readonly v1: { readonly Resource: MessageType } } };
  };
}

interface DecodedAnyValue {
  value?: string;
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string;
  doubleValue?: number;
  bytesValue?: Uint8Array;
  arrayValue?: { values?: DecodedAnyValue[] };
  kvlistValue?: { values?: DecodedKeyValue[] };
}

interface DecodedKeyValue {
  key: string;
  value?: DecodedAnyValue;
}

/** A value decoded with upstream's definitions, in a short form: `{ int: '1' }`, `{ map: [['a', ...]] }`, `'empty'`. */
export type Plain = 'empty' | Record<string, unknown>;

/**
 * Decodes repeated `KeyValue` of field 1, as in a `Resource`.
 * @throws if the bytes differ from those that upstream's definitions write, because the decoder tolerates wrong lengths
 */
export function decodeAttributes(bytes: Uint8Array): [string, Plain][] {
  const { Resource } = (protobuf as unknown as GeneratedRoot).opentelemetry.proto.resource.v1;
  const message = Resource.decode(bytes);
  if (Buffer.compare(Resource.encode(message).finish(), bytes) !== 0)
    throw new Error('a length is wrong, or not in its shortest form');
  const resource = Resource.toObject(message, { longs: String, oneofs: true }) as {
    attributes?: DecodedKeyValue[];
  };
  return (resource.attributes ?? []).map(plainPair);
}

function plainPair({ key, value }: DecodedKeyValue): [string, Plain] {
  return [key, plain(value ?? {})];
}

function plain(any: DecodedAnyValue): Plain {
  switch (any.value) {
    case 'stringValue':
      return { string: any.stringValue };
    case 'boolValue':
      return { bool: any.boolValue };
    case 'intValue':
      return { int: any.intValue };
    case 'doubleValue':
      return { double: any.doubleValue };
    case 'bytesValue':
      return { bytes: Array.from(any.bytesValue ?? []) };
    case 'arrayValue':
      return { array: (any.arrayValue?.values ?? []).map(plain) };
    case 'kvlistValue':
      return { map: (any.kvlistValue?.values ?? []).map(plainPair) };
    default:
      return 'empty';
  }
}
