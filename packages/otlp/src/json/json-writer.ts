import { utf8Of } from '../protobuf/utf8.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
/** 1 for each byte that stands for itself in a string: ASCII that needs no escape. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= SPACE && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH),
);
const DIGITS = utf8Of('0123456789abcdef');

/** The digits of numbers below this are written by arithmetic of 32 bits. */
const BILLION = 1_000_000_000;
const BILLION_DIGITS = 9;
const MOST_DIGITS = 20;

/** Writes JSON as UTF-8 into memory that grows. */
export class JsonWriter {
  private bytes: Uint8Array<ArrayBuffer>;
  private position = 0;
  /** Does not ignore a byte-order mark, because it belongs to the text. */
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  /** @param expectedBytes a guess at the length, which saves growing */
  constructor(expectedBytes: number) {
    this.bytes = new Uint8Array(expectedBytes);
  }

  get byteLength(): number {
    return this.position;
  }

  /** What was written. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.position);
  }

  /** Writes one ASCII character. */
  writeByte(character: number): void {
    this.reserve(1);
    this.bytes[this.position++] = character;
  }

  /** Writes a name with its colon, which is JSON already. @param isNext whether a comma comes before it */
  writeName(name: Uint8Array, isNext: boolean): void {
    const { length } = name;
    this.reserve(length + 1);
    const { bytes } = this;
    let position = this.position;
    if (isNext) bytes[position++] = COMMA;
    for (let index = 0; index < length; index++) bytes[position + index] = name[index]!;
    this.position = position + length;
  }

  /** Writes ASCII text as it is. */
  writeAscii(text: string): void {
    const { length } = text;
    this.reserve(length);
    const { bytes, position } = this;
    for (let index = 0; index < length; index++) bytes[position + index] = text.charCodeAt(index);
    this.position += length;
  }

  /** Writes ASCII text that needs no escapes as a string. */
  writeQuoted(text: string): void {
    this.writeByte(QUOTE);
    this.writeAscii(text);
    this.writeByte(QUOTE);
  }

  /** Writes an integer of 32 bits, signed or not. */
  writeInteger(value: number): void {
    this.reserve(MOST_DIGITS);
    if (value < 0) this.bytes[this.position++] = MINUS;
    this.writeDigits(Math.abs(value));
  }

  /** Writes the two's complement in two unsigned halves as a string. */
  writeQuotedInt64(high: number, low: number): void {
    if (high < 2 ** 31) return this.writeQuotedUint64(high, low);
    const negatedLow = -low >>> 0;
    const negatedHigh = (negatedLow === 0 ? -high : ~high) >>> 0;
    this.reserve(MOST_DIGITS + 2);
    this.bytes[this.position++] = QUOTE;
    this.bytes[this.position++] = MINUS;
    this.writeUint64(negatedHigh, negatedLow);
    this.bytes[this.position++] = QUOTE;
  }

  writeQuotedUint64(high: number, low: number): void {
    this.reserve(MOST_DIGITS + 2);
    this.bytes[this.position++] = QUOTE;
    this.writeUint64(high, low);
    this.bytes[this.position++] = QUOTE;
  }

  /**
   * Writes the UTF-8 of a part of `source` as a string.
   * @throws TypeError if it is not UTF-8
   */
  writeString(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start + 2);
    const { bytes } = this;
    let position = this.position;
    bytes[position++] = QUOTE;
    for (let at = start; at < end; at++) {
      const byte = source[at]!;
      if (IS_PLAIN[byte] === 0) return this.writeCheckedString(source.subarray(start, end));
      bytes[position++] = byte;
    }
    bytes[position++] = QUOTE;
    this.position = position;
  }

  /** Writes bytes in hex as a string. */
  writeHex(source: Uint8Array, start: number, end: number): void {
    this.reserve(2 * (end - start) + 2);
    const { bytes } = this;
    let position = this.position;
    bytes[position++] = QUOTE;
    for (let at = start; at < end; at++) {
      const byte = source[at]!;
      bytes[position++] = DIGITS[byte >> 4]!;
      bytes[position++] = DIGITS[byte & 0xf]!;
    }
    bytes[position++] = QUOTE;
    this.position = position;
  }

  /** Writes bytes in base64 as a string. */
  writeBase64(source: Uint8Array): void {
    let binary = '';
    for (const byte of source) binary += String.fromCharCode(byte);
    this.writeQuoted(btoa(binary));
  }

  /** The slow way, for what is not plain ASCII. */
  private writeCheckedString(utf8: Uint8Array): void {
    const json = utf8Of(JSON.stringify(this.decoder.decode(utf8)));
    this.reserve(json.length);
    this.bytes.set(json, this.position);
    this.position += json.length;
  }

  /** Room for the digits is reserved. Long division by 16 bits a step, so that each step is exact in a double. */
  private writeUint64(high: number, low: number): void {
    if (high === 0) return this.writeDigits(low);
    let quotient = Math.floor(high / BILLION);
    let rest = high % BILLION;
    for (const part of [low >>> 16, low & 0xffff]) {
      const dividend = rest * 0x1_0000 + part;
      const digit = Math.floor(dividend / BILLION);
      quotient = quotient * 0x1_0000 + digit;
      rest = dividend - digit * BILLION;
    }
    this.writeDigits(quotient);
    this.writePadded(rest);
  }

  /** Writes a whole number below 2^53. Room for the digits is reserved. */
  private writeDigits(value: number): void {
    if (value >= BILLION) {
      const quotient = Math.floor(value / BILLION);
      this.writeDigits(quotient);
      return this.writePadded(value - quotient * BILLION);
    }
    let digits = 1;
    for (let power = 10; power <= value; power *= 10) digits += 1;
    this.writeLowDigits(value, digits);
  }

  /** With zeros in front. */
  private writePadded(value: number): void {
    this.writeLowDigits(value, BILLION_DIGITS);
  }

  private writeLowDigits(value: number, digits: number): void {
    const { bytes, position } = this;
    let rest = value | 0;
    for (let at = position + digits - 1; at >= position; at--) {
      const quotient = (rest / 10) | 0;
      bytes[at] = ZERO + rest - 10 * quotient;
      rest = quotient;
    }
    this.position = position + digits;
  }

  private reserve(byteLength: number): void {
    const needed = this.position + byteLength;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.position));
    this.bytes = larger;
  }
}
