import { utf8Of } from '../protobuf/utf8.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
/** 1 for each byte that stands for itself in a string: ASCII that needs no escape. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= SPACE && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH),
);
const DIGITS = utf8Of('0123456789abcdef');

/** Fewer bytes than this are copied by a loop, which is faster than the native call and the view that it needs. */
const LOOP_BYTES = 48;

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

  /** Writes bytes that are JSON already. */
  writeJson(json: Uint8Array): void {
    const { length } = json;
    this.reserve(length);
    const { bytes, position } = this;
    if (length > LOOP_BYTES) bytes.set(json, position);
    else for (let index = 0; index < length; index++) bytes[position + index] = json[index]!;
    this.position += length;
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
    this.writeJson(utf8Of(JSON.stringify(this.decoder.decode(utf8))));
  }

  private reserve(byteLength: number): void {
    const needed = this.position + byteLength;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.position));
    this.bytes = larger;
  }
}
