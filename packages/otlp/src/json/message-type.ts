import { utf8Of } from '../protobuf/utf8.ts';
import { MESSAGE_FIELDS, type MessageName, type ScalarKind } from './message-fields.ts';

/** A field as the transcoder uses it. */
export interface Field {
  /** The name in JSON with its quotes and the colon, in UTF-8. */
  readonly name: Uint8Array;
  /** Undefined if the value is a message. */
  readonly scalar: ScalarKind | undefined;
  /** The type of the message; undefined if the value is a scalar. */
  readonly message: MessageType | undefined;
  readonly wireType: number;
  readonly isRepeated: boolean;
  /** One bit for each field of the message; those of a oneof have the same. */
  readonly bit: number;
}

/** The fields of a message, at the index of their number. */
export interface MessageType {
  readonly fields: readonly (Field | undefined)[];
}

const [VARINT, FIXED64, LENGTH_DELIMITED, FIXED32] = [0, 1, 2, 5] as const;

const WIRE_TYPES: Readonly<Record<ScalarKind, number>> = {
  string: LENGTH_DELIMITED,
  bytes: LENGTH_DELIMITED,
  id: LENGTH_DELIMITED,
  bool: VARINT,
  int32: VARINT,
  uint32: VARINT,
  sint32: VARINT,
  int64: VARINT,
  uint64: VARINT,
  fixed32: FIXED32,
  fixed64: FIXED64,
  sfixed64: FIXED64,
  double: FIXED64,
};

type MutableType = { fields: (Field | undefined)[] };

const types = new Map<MessageName, MutableType>();

/** The type of a message, made once. Types refer to each other in circles. */
export function messageType(name: MessageName): MessageType {
  const known = types.get(name);
  if (known !== undefined) return known;
  const type: MutableType = { fields: [] };
  types.set(name, type);
  const bits = new Map<string, number>();
  for (const [number, [fieldName, kind, oneof]] of Object.entries(MESSAGE_FIELDS[name])) {
    const key = oneof ?? fieldName;
    const bit = bits.get(key) ?? 1 << bits.size;
    bits.set(key, bit);
    const isRepeated = kind.endsWith('[]');
    const single = (isRepeated ? kind.slice(0, -2) : kind) as ScalarKind | MessageName;
    type.fields[Number(number)] = {
      name: utf8Of(`${JSON.stringify(fieldName)}:`),
      scalar: isMessage(single) ? undefined : single,
      message: isMessage(single) ? messageType(single) : undefined,
      wireType: isMessage(single) ? LENGTH_DELIMITED : WIRE_TYPES[single],
      isRepeated,
      bit,
    };
  }
  return type;
}

function isMessage(kind: ScalarKind | MessageName): kind is MessageName {
  return kind in MESSAGE_FIELDS;
}
