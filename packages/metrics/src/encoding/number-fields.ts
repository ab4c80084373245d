import { type ProtobufWriter, UnencodableError } from '@spillway/otlp/encoding';
import { VALUE_TYPE } from '../metric-data.ts';

const TWO_TO_32 = 0x1_0000_0000;
const MIN_INT64 = -(2 ** 63);
const END_INT64 = 2 ** 63;
const END_UINT64 = 2 ** 64;

/** Bytes of a tag and a number of 64 bits. */
export const FIXED64_FIELD_BYTES = 9;

/**
 * Puts a measured value ({@link FIXED64_FIELD_BYTES} of room): as a whole number if its instrument has whole numbers,
 * otherwise as a double. A value that is not whole, or not in the range of `int64`, is always put as a double, whatever
 * the instrument says, because that changes nothing of it.
 * @throws UnencodableError if it is neither a number nor a bigint
 */
export function putValue(
  writer: ProtobufWriter,
  tagDouble: number,
  tagInt: number,
  value: unknown,
  valueType: unknown,
): void {
  if (valueType !== VALUE_TYPE.INT) putDoubleField(writer, tagDouble, value);
  else if (typeof value === 'number') {
    if ((value | 0) === value) {
      writer.bytes[writer.position++] = tagInt;
      writer.putFixed64(value, value >> 31);
    } else if (Number.isInteger(value) && value >= MIN_INT64 && value < END_INT64) {
      writer.bytes[writer.position++] = tagInt;
      // The view takes numbers modulo 2^32, which is two's complement for negative ones.
      writer.putFixed64(value, Math.floor(value / TWO_TO_32));
    } else putDoubleField(writer, tagDouble, value);
  } else if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) {
    writer.bytes[writer.position++] = tagInt;
    writer.putFixed64(Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)));
  } else putDoubleField(writer, tagDouble, value);
}

/** Puts a double ({@link FIXED64_FIELD_BYTES} of room). @throws UnencodableError if it is not a number */
export function putDoubleField(writer: ProtobufWriter, tag: number, value: unknown): void {
  writer.bytes[writer.position++] = tag;
  putDouble(writer, value);
}

/** The same without a tag (8 bytes of room). */
export function putDouble(writer: ProtobufWriter, value: unknown): void {
  writer.putDouble(asNumber(value));
}

/** The same for a field that a point may lack. */
export function putOptionalDoubleField(writer: ProtobufWriter, tag: number, value: unknown): void {
  if (value !== undefined && value !== null) putDoubleField(writer, tag, value);
}

/** Puts a count as `fixed64` ({@link FIXED64_FIELD_BYTES} of room). @throws UnencodableError if it is not a count */
export function putCountField(writer: ProtobufWriter, tag: number, count: unknown): void {
  writer.bytes[writer.position++] = tag;
  putFixedCount(writer, count);
}

/** Puts a count as `fixed64` without a tag (8 bytes of room). @throws UnencodableError if it is not a count */
export function putFixedCount(writer: ProtobufWriter, count: unknown): void {
  if (typeof count === 'number' && (count | 0) === count && count >= 0) writer.putFixed64(count, 0);
  else if (typeof count === 'number' && count >= 0 && count < END_UINT64) writer.putFixed64(count, count / TWO_TO_32);
  else {
    const whole = asUint64(count);
    writer.putFixed64(Number(BigInt.asUintN(32, whole)), Number(whole >> 32n));
  }
}

/** Puts a count as a varint without a tag (10 bytes of room). @throws UnencodableError if it is not a count */
export function putVarintCount(writer: ProtobufWriter, count: unknown): void {
  if (typeof count === 'number' && count >= 0 && count <= Number.MAX_SAFE_INTEGER) writer.putVarint(Math.floor(count));
  else {
    const whole = asUint64(count);
    writer.putVarint64(Number(BigInt.asUintN(32, whole)), Number(whole >> 32n));
  }
}

/** Puts a signed number as `sint32` without a tag (5 bytes of room). @throws UnencodableError if it is not one */
export function putZigZag(writer: ProtobufWriter, value: unknown): void {
  const number = asNumber(value);
  if ((number | 0) !== number) throw new UnencodableError(`${number} is not a whole number of 32 bits`);
  writer.putVarint(((number << 1) ^ (number >> 31)) >>> 0);
}

function asNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw new UnencodableError(`a value is a number, but this one is ${nameOf(value)}`);
}

function asUint64(count: unknown): bigint {
  if (typeof count === 'number' && count >= 0 && count < END_UINT64) return BigInt(Math.floor(count));
  if (typeof count === 'bigint' && BigInt.asUintN(64, count) === count) return count;
  throw new UnencodableError(`a count is a whole number from 0, but this one is ${nameOf(count)}`);
}

function nameOf(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : `of type ${typeof value}`;
}
