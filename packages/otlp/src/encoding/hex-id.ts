import type { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import { writeUtf8 } from '../protobuf/utf8.ts';

export const TRACE_ID_BYTES = 16;
export const SPAN_ID_BYTES = 8;

/**
 * Value of a hex digit by character code, as the high and the low half of a byte; negative for all other characters.
 */
const HIGH_HALF = new Int16Array(256).fill(-1);
const LOW_HALF = new Int16Array(256).fill(-1);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  for (const code of [digit.charCodeAt(0), digit.toUpperCase().charCodeAt(0)]) {
    HIGH_HALF[code] = value << 4;
    LOW_HALF[code] = value;
  }
}

/** The digits of one id. 3 bytes a digit, which {@link writeUtf8} requires. */
const digits = new Uint8Array(2 * TRACE_ID_BYTES * 3);
const digitsView = new DataView(digits.buffer);

/**
 * Puts tag, length and bytes of an id given in hex (2 bytes of room more than the id).
 * @returns `false`, and nothing is put, if it is not exactly that many hex digits
 */
export function putHexId(writer: ProtobufWriter, tag: number, id: unknown, byteLength: number): boolean {
  const digitCount = 2 * byteLength;
  if (typeof id !== 'string' || id.length !== digitCount) return false;
  // Copied out of the string at once: reading its 32 characters one by one takes half as long again.
  if (writeUtf8(id, digits, digitsView, 0) !== digitCount) return false;
  const { position, view } = writer;
  let seen = 0;
  for (let index = 0; index < digitCount; index += 8) {
    const first = byteAt(index);
    const second = byteAt(index + 2);
    const third = byteAt(index + 4);
    const fourth = byteAt(index + 6);
    seen |= first | second | third | fourth;
    view.setUint32(position + 2 + (index >> 1), first | (second << 8) | (third << 16) | (fourth << 24), true);
  }
  // A character that is not a hex digit makes its byte negative, and with it the result of all the ors.
  if (seen < 0) return false;
  view.setUint16(position, tag | (byteLength << 8), true);
  writer.position = position + 2 + byteLength;
  return true;
}

function byteAt(index: number): number {
  return (HIGH_HALF[digits[index] as number] as number) | (LOW_HALF[digits[index + 1] as number] as number);
}
