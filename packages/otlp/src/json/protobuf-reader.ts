const FIXED_BYTES: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** Reads the parts of a protobuf message, one after the other. Every method throws a RangeError for a broken one. */
export class ProtobufReader {
  readonly bytes: Uint8Array;
  position = 0;
  private readonly view: DataView;
  /** The halves of the 64-bit integer that was read last, both unsigned. */
  low = 0;
  high = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The tag of a field: its number, shifted by three bits, and its wire type. */
  readTag(end: number): number {
    this.readVarint(end);
    if (this.high !== 0 || this.low < 8) throw new RangeError(`there is no tag ${this.high * 2 ** 32 + this.low}`);
    return this.low;
  }

  /** The end of a length-delimited value that begins after its length, which is read. */
  readEnd(end: number): number {
    this.readVarint(end);
    if (this.high !== 0 || this.low > end - this.position) throw new RangeError('a field is longer than its message');
    return this.position + this.low;
  }

  /** The low half of a varint. */
  readUint32(end: number): number {
    this.readVarint(end);
    return this.low;
  }

  readFixed32(end: number): number {
    return this.view.getUint32(this.advance(4, end), true);
  }

  /** Leaves the value in `low` and `high`. */
  readFixed64(end: number): void {
    const at = this.advance(8, end);
    this.low = this.view.getUint32(at, true);
    this.high = this.view.getUint32(at + 4, true);
  }

  readDouble(end: number): number {
    return this.view.getFloat64(this.advance(8, end), true);
  }

  /** Goes past the value of a field. */
  skip(wireType: number, end: number): void {
    if (wireType === 0) this.readVarint(end);
    else if (wireType === 2) this.position = this.readEnd(end);
    else {
      const byteLength = FIXED_BYTES[wireType];
      if (byteLength === undefined) throw new RangeError(`wire type ${wireType} is not in use`);
      this.advance(byteLength, end);
    }
  }

  /** @returns the position before */
  private advance(byteLength: number, end: number): number {
    const before = this.position;
    if (byteLength > end - before) throw new RangeError('a field is longer than its message');
    this.position = before + byteLength;
    return before;
  }

  /** Leaves the value in `low` and `high`. */
  readVarint(end: number): void {
    const { position } = this;
    // Most have one byte.
    if (position < end) {
      const byte = this.bytes[position]!;
      if (byte < 0x80) {
        this.position = position + 1;
        this.low = byte;
        this.high = 0;
        return;
      }
    }
    this.readLongVarint(end);
  }

  private readLongVarint(end: number): void {
    let low = 0;
    let high = 0;
    // A varint has 10 bytes at most, of 7 bits each. The fifth one reaches into the high half.
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= end) throw new RangeError('a varint is longer than its message');
      const byte = this.bytes[this.position++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new RangeError('a varint has more than 10 bytes');
  }
}
