/** A field of a protobuf message, as read by {@link protobufFields}. */
export interface ProtobufField {
  readonly number: number;
  /** The value of a varint, exact up to 2^53; `undefined` for the other types. */
  readonly varint: number | undefined;
  /** The content of a length-delimited field; `undefined` for the other types. */
  readonly bytes: Uint8Array | undefined;
}

/** How many more fields may be read, in a message and the messages within it. */
export interface FieldBudget {
  left: number;
}

/**
 * For one answer. Answers have a handful of fields; two million empty ones, which fit into 4 MiB, would block the event
 * loop for half a second.
 */
export function newFieldBudget(): FieldBudget {
  return { left: 1_000 };
}

/**
 * Goes through the fields of a message. Made for answers of a few bytes, not for speed.
 * @throws RangeError if the bytes are not a protobuf message, or have more fields than `budget` has left
 */
export function* protobufFields(message: Uint8Array, budget: FieldBudget): Generator<ProtobufField> {
  let position = 0;

  function take(byteCount: number): Uint8Array {
    if (byteCount > message.length - position) throw new RangeError('a field is longer than its message');
    position += byteCount;
    return message.subarray(position - byteCount, position);
  }

  function varint(): number {
    let value = 0;
    // A varint has 10 bytes at most, of 7 bits each.
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = take(1)[0] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a varint has more than 10 bytes');
  }

  while (position < message.length) {
    budget.left -= 1;
    if (budget.left < 0) throw new RangeError('there are more fields than in any answer');
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (number === 0 || number >= 2 ** 29) throw new RangeError(`there is no field number ${number}`);
    const wireType = tag % 8;
    if (wireType === 0) yield { number, varint: varint(), bytes: undefined };
    else if (wireType === 2) yield { number, varint: undefined, bytes: take(varint()) };
    else if (wireType === 1 || wireType === 5) {
      take(wireType === 1 ? 8 : 4);
      yield { number, varint: undefined, bytes: undefined };
    } else throw new RangeError(`wire type ${wireType} is not in use`);
  }
}
