import { utf8Length, writeUtf8 } from './utf8.ts';

/** Equals no error that anything throws. Not an error itself, because creating one takes longer than a short item. */
const NEVER_REFUSED = Symbol('never refused');

/** Called for a new target when the current one is full: at least `needed` bytes, counted from where the item began. */
export type GrowTarget = (needed: number) => Uint8Array;

/** The longest varint: 64 bits, 7 a byte. */
export const MAX_VARINT_BYTES = 10;

/** The longest character in UTF-8. {@link ProtobufWriter.putText} needs that much room more than the text has units. */
export const MAX_CHARACTER_BYTES = 4;

const TWO_TO_32 = 0x1_0000_0000;
const TWO_TO_16 = 0x1_0000;

/**
 * Writes protobuf into bytes that the caller owns.
 *
 * ```text
 *   bytes  [ finished items | the item being written | room ]
 *                           ^ itemStart              ^ position
 * ```
 *
 * Bytes before `itemStart` are never touched. Reserved bytes after `position` may be overwritten with anything.
 * Growing moves the item, so a place in it is remembered as an *offset* from `itemStart`, never as an index of `bytes`.
 *
 * Methods named `put...` write into room that the caller has reserved; methods named `write...` reserve for themselves.
 */
export class ProtobufWriter {
  /** Index of the next byte. */
  position = 0;

  /** Index at which the item that is being written began. */
  itemStart = 0;

  /** The last error of `grow`, to distinguish its refusal from the errors of a hostile value. */
  refusal: unknown = NEVER_REFUSED;

  private target: Uint8Array = new Uint8Array(0);
  private targetView = new DataView(this.target.buffer);
  private readonly grow: GrowTarget;

  /** @param grow returns a fresh target of at least the requested bytes; its errors pass through the writer */
  constructor(grow: GrowTarget) {
    this.grow = grow;
  }

  /** The current target. */
  get bytes(): Uint8Array {
    return this.target;
  }

  /** A view of the current target, for writing several bytes at once. */
  get view(): DataView {
    return this.targetView;
  }

  /**
   * Writes to another target from now on. The caller sets `position` and `itemStart` too.
   * @param view of all of `target`. Creating one takes longer than writing a field, so a caller that returns keeps it
   */
  retarget(target: Uint8Array, view: DataView = viewOf(target)): void {
    this.target = target;
    this.targetView = view;
  }

  /** The place of the next byte within the item. Stays valid when the item moves. */
  get offset(): number {
    return this.position - this.itemStart;
  }

  /** Takes back everything that was written since `offset` had that value. */
  rewind(offset: number): void {
    this.position = this.itemStart + offset;
  }

  /**
   * Guarantees room for that many bytes after `position`.
   * @throws whatever the growth policy throws
   */
  reserve(byteCount: number): void {
    if (this.position + byteCount > this.target.length) this.moveItem(byteCount);
  }

  /** Puts a varint of up to 53 bits (10 bytes of room). */
  putVarint(value: number): void {
    const bytes = this.target;
    let position = this.position;
    let rest = value;
    // `>>>` would cut a number above 32 bits, so the high part is divided away first.
    while (rest >= TWO_TO_32) {
      bytes[position++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      bytes[position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[position++] = rest;
    this.position = position;
  }

  /** Puts a 64-bit varint given as two unsigned halves (10 bytes of room). */
  putVarint64(low: number, high: number): void {
    const bytes = this.target;
    let position = this.position;
    let lowRest = low >>> 0;
    let highRest = high >>> 0;
    while (highRest !== 0 || lowRest > 127) {
      bytes[position++] = (lowRest & 0x7f) | 0x80;
      lowRest = ((lowRest >>> 7) | (highRest << 25)) >>> 0;
      highRest >>>= 7;
    }
    bytes[position++] = lowRest;
    this.position = position;
  }

  /**
   * Puts an `int64` (10 bytes of room).
   * @param value a whole number, at least -2^63 and below 2^63
   */
  putInt64(value: number): void {
    if (value >= 0) {
      if (value <= Number.MAX_SAFE_INTEGER) this.putVarint(value);
      else this.putVarint64(value % TWO_TO_32, value / TWO_TO_32);
      return;
    }
    // Two's complement of both halves: -n is (2^64 - n), and the halves of n are exact at any magnitude.
    const magnitude = -value;
    const low = magnitude % TWO_TO_32;
    const high = Math.floor(magnitude / TWO_TO_32);
    this.putVarint64(TWO_TO_32 - low, low === 0 ? TWO_TO_32 - high : TWO_TO_32 - 1 - high);
  }

  /** Puts 4 bytes, little-endian. */
  putFixed32(value: number): void {
    this.targetView.setUint32(this.position, value, true);
    this.position += 4;
  }

  /** Puts 8 bytes, little-endian, given as two halves. */
  putFixed64(low: number, high: number): void {
    const view = this.targetView;
    view.setUint32(this.position, low, true);
    view.setUint32(this.position + 4, high, true);
    this.position += 8;
  }

  /**
   * Puts `seconds * 1e9 + nanoseconds` as a `fixed64`. A number has 53 bits, and nanoseconds since 1970 need 61. So the
   * product is computed in two parts of 16 and 32 bits, each of which is exact.
   */
  putNanoseconds(seconds: number, nanoseconds: number): void {
    const lowPart = (seconds & 0xffff) * 1e9 + nanoseconds;
    const highPart = ((seconds / TWO_TO_16) >>> 0) * 1e9;
    // highPart * 2^16 is floor(highPart / 2^16) in the high half and (highPart mod 2^16) * 2^16 in the low one. Masks
    // and floor, because % of such large numbers calls fmod, which takes 20 ns.
    const low = lowPart + (highPart & 0xffff) * TWO_TO_16;
    this.putFixed64(low >>> 0, (Math.floor(highPart / TWO_TO_16) + Math.floor(low / TWO_TO_32)) >>> 0);
  }

  /** Puts 8 bytes, IEEE 754. */
  putDouble(value: number): void {
    this.targetView.setFloat64(this.position, value, true);
    this.position += 8;
  }

  /** Writes a string field's length and UTF-8 bytes. Lone surrogates become U+FFFD. */
  writeString(value: string): void {
    this.reserve(MAX_VARINT_BYTES + value.length + MAX_CHARACTER_BYTES);
    const offset = this.offset;
    const left = varintSize(value.length);
    this.position += left;
    this.putText(value);
    this.putLength(offset, left);
  }

  /**
   * Puts the UTF-8 of a string without its length (as much room as if it were ASCII, and {@link MAX_CHARACTER_BYTES}).
   * Text is not measured beforehand: that takes longer than writing it. If it is not ASCII, it may not fit, which shows
   * at the end: a text was cut off only if not one more character fits. Only then is it measured, and written again.
   * @returns whether it is ASCII, so that its length is that of the string
   */
  putText(value: string): boolean {
    const { position } = this;
    const byteLength = writeUtf8(value, this.target, this.targetView, position);
    this.position = position + byteLength;
    if (byteLength === value.length) return true;
    if (this.position + MAX_CHARACTER_BYTES > this.target.length) {
      this.position = position;
      this.reserve(utf8Length(value));
      this.position += writeUtf8(value, this.target, this.targetView, this.position);
    }
    return false;
  }

  /** Writes a bytes field's length and bytes. */
  writeBytes(value: Uint8Array): void {
    this.reserve(value.length + MAX_VARINT_BYTES);
    this.putVarint(value.length);
    this.target.set(value, this.position);
    this.position += value.length;
  }

  /** Leaves a byte for the length of a nested message. Returns the offset that {@link closeMessage} needs. */
  openMessage(): number {
    this.reserve(1);
    return this.position++ - this.itemStart;
  }

  /** Writes the length of the message that was opened at that offset. */
  closeMessage(offset: number): void {
    this.putLength(offset, 1);
  }

  /** Like {@link openMessage}, for a message that is expected to have 128 to 16 383 bytes: leaves two. */
  openLongMessage(): number {
    this.reserve(2);
    const offset = this.offset;
    this.position += 2;
    return offset;
  }

  /** Writes the length of the message that was opened by {@link openLongMessage}. */
  closeLongMessage(offset: number): void {
    this.putLength(offset, 2);
  }

  /**
   * Puts the length of everything that was written after a place, at that place.
   * @param left bytes that were left for it. If it takes another number of bytes, what comes after it is moved
   */
  putLength(offset: number, left: number): void {
    const start = this.itemStart + offset;
    const length = this.position - start - left;
    if (left === 1 && length < 128) this.target[start] = length;
    else if (left === 2 && length >= 128 && length < 16_384) {
      this.target[start] = (length & 0x7f) | 0x80;
      this.target[start + 1] = length >>> 7;
    } else this.moveForLength(offset, left, length);
  }

  /** Growing may move the item, so the place is an offset until there is room. */
  private moveForLength(offset: number, left: number, length: number): void {
    this.reserve(MAX_VARINT_BYTES);
    const lengthAt = this.itemStart + offset;
    const messageAt = lengthAt + varintSize(length);
    if (messageAt !== lengthAt + left) {
      this.target.copyWithin(messageAt, lengthAt + left, lengthAt + left + length);
    }
    this.position = lengthAt;
    this.putVarint(length);
    this.position = messageAt + length;
  }

  private moveItem(byteCount: number): void {
    const written = this.position - this.itemStart;
    let larger: Uint8Array;
    try {
      larger = this.grow(written + byteCount);
    } catch (error) {
      this.refusal = error;
      throw error;
    }
    larger.set(this.target.subarray(this.itemStart, this.position));
    this.retarget(larger);
    this.itemStart = 0;
    this.position = written;
  }
}

/** A view of the same bytes, for writing several at once. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes of a varint of up to 32 bits. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
