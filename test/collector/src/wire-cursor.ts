const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_LENGTH = 2;
const WIRE_FIXED32 = 5;

/** The body is not what its content type says. */
export class MalformedBodyError extends Error {
  override readonly name = 'MalformedBodyError';
}

/**
 * Steps through protobuf fields without decoding skipped ones.
 * Every method moves `position` and takes the end of the current message, so that a length never reaches beyond it.
 */
export class WireCursor {
  readonly bytes: Uint8Array;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The next tag, length or number. Above 53 bits it is approximate, but such a length is out of bounds anyway. */
  readVarint(end: number): number {
    const { bytes } = this;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= end) throw new MalformedBodyError(`a varint is cut at ${end}`);
      const byte = bytes[this.position]!;
      this.position += 1;
      value += shift < 28 ? (byte & 0x7f) << shift : (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedBodyError(`a varint of more than 10 bytes ends at ${this.position}`);
  }

  /** Reads the length of a field; returns where its bytes end. They start at `position`. */
  readEnd(end: number): number {
    const length = this.readVarint(end);
    if (length > end - this.position)
      throw new MalformedBodyError(`a field of ${length} bytes at ${this.position} is cut`);
    return this.position + length;
  }

  skip(tag: number, end: number): void {
    switch (tag & 7) {
      case WIRE_VARINT:
        this.readVarint(end);
        return;
      case WIRE_FIXED64:
        this.#skipBytes(8, end);
        return;
      case WIRE_LENGTH:
        this.position = this.readEnd(end);
        return;
      case WIRE_FIXED32:
        this.#skipBytes(4, end);
        return;
      default:
        throw new MalformedBodyError(`wire type ${tag & 7} at ${this.position}`);
    }
  }

  #skipBytes(count: number, end: number): void {
    if (count > end - this.position) throw new MalformedBodyError(`a number at ${this.position} is cut`);
    this.position += count;
  }
}

const RESOURCE_ITEMS = (1 << 3) | WIRE_LENGTH;
const SCOPE_ITEMS = (2 << 3) | WIRE_LENGTH;
const ITEM = (2 << 3) | WIRE_LENGTH;

/**
 * Calls `visit` for each item of an export request. Traces and logs have the same outer shape: `resource_*` is field 1
 * of the request, `scope_*` field 2 of that, the items field 2 of that
 * (https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/trace/v1/trace.proto).
 * The cursor stands at the item's first byte and may be moved.
 */
export function visitItems(body: Uint8Array, visit: (cursor: WireCursor, end: number) => void): void {
  const cursor = new WireCursor(body);
  visitFields(cursor, body.length, RESOURCE_ITEMS, (resourceEnd) => {
    visitFields(cursor, resourceEnd, SCOPE_ITEMS, (scopeEnd) => {
      visitFields(cursor, scopeEnd, ITEM, (itemEnd) => visit(cursor, itemEnd));
    });
  });
}

/**
 * Calls `visit` for each field with that tag, which must have a length. Afterwards the cursor goes on after the field.
 */
export function visitFields(cursor: WireCursor, end: number, wanted: number, visit: (fieldEnd: number) => void): void {
  while (cursor.position < end) {
    const tag = cursor.readVarint(end);
    if (tag !== wanted) {
      cursor.skip(tag, end);
      continue;
    }
    const fieldEnd = cursor.readEnd(end);
    visit(fieldEnd);
    cursor.position = fieldEnd;
  }
}
