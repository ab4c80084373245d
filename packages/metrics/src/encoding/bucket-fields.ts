import type { ProtobufWriter } from '@spillway/otlp/encoding';
import type { CountLike, ExponentialBucketsLike } from '../metric-data.ts';
import { putDouble, putFixedCount, putVarintCount, putZigZag } from './number-fields.ts';
import { BUCKETS_COUNTS, BUCKETS_OFFSET } from './wire-tags.ts';

const MAX_VARINT_BYTES = 10;
const FIXED64_BYTES = 8;

/**
 * Writes counts as a packed field of `fixed64`. Writes nothing if there are none.
 * @throws UnencodableError if one is not a count
 */
export function writePackedCounts(writer: ProtobufWriter, tag: number, counts: readonly CountLike[]): void {
  const { length } = counts;
  if (length === 0) return;
  putPackedLength(writer, tag, length * FIXED64_BYTES);
  const { view } = writer;
  for (let index = 0; index < length; index += 1) {
    const count = counts[index];
    if (typeof count !== 'number' || (count | 0) !== count || count < 0) putFixedCount(writer, count);
    else {
      view.setUint32(writer.position, count, true);
      view.setUint32(writer.position + 4, 0, true);
      writer.position += FIXED64_BYTES;
    }
  }
}

/** Writes numbers as a packed field of `double`. @throws UnencodableError if one is not a number */
export function writePackedDoubles(writer: ProtobufWriter, tag: number, values: readonly number[]): void {
  const { length } = values;
  if (length === 0) return;
  putPackedLength(writer, tag, length * FIXED64_BYTES);
  const { view } = writer;
  for (let index = 0; index < length; index += 1) {
    const value = values[index];
    if (typeof value !== 'number') putDouble(writer, value);
    else {
      view.setFloat64(writer.position, value, true);
      writer.position += FIXED64_BYTES;
    }
  }
}

/**
 * Writes the message `Buckets` of an exponential histogram.
 * @throws UnencodableError if one is not a count
 */
export function writeExponentialBuckets(
  writer: ProtobufWriter,
  tag: number,
  { offset, bucketCounts }: ExponentialBucketsLike,
): void {
  writer.reserve(1);
  writer.bytes[writer.position++] = tag;
  const message = writer.openMessage();
  writer.reserve(2 + MAX_VARINT_BYTES);
  if (offset !== 0) {
    writer.bytes[writer.position++] = BUCKETS_OFFSET;
    putZigZag(writer, offset);
  }
  if (bucketCounts.length > 0) {
    writer.bytes[writer.position++] = BUCKETS_COUNTS;
    const counts = writer.openMessage();
    writeVarintCounts(writer, bucketCounts);
    writer.closeMessage(counts);
  }
  writer.closeMessage(message);
}

function writeVarintCounts(writer: ProtobufWriter, counts: readonly CountLike[]): void {
  const { length } = counts;
  for (let index = 0; index < length; index += 1) {
    writer.reserve(MAX_VARINT_BYTES + length - index);
    index = putSmallCounts(writer, counts, index);
    if (index < length) putVarintCount(writer, counts[index]);
  }
}

/**
 * Puts counts of one byte, which nearly all are. There is room for one byte for each.
 * @returns the index of the first other count
 */
function putSmallCounts(writer: ProtobufWriter, counts: readonly CountLike[], start: number): number {
  const { bytes } = writer;
  let { position } = writer;
  let index = start;
  for (; index < counts.length; index += 1) {
    const count = counts[index];
    if (typeof count !== 'number' || (count & 0x7f) !== count) break;
    bytes[position++] = count;
  }
  writer.position = position;
  return index;
}

/** Tag and length of a packed field, and room for its numbers. */
function putPackedLength(writer: ProtobufWriter, tag: number, byteLength: number): void {
  writer.reserve(1 + MAX_VARINT_BYTES + byteLength);
  writer.bytes[writer.position++] = tag;
  writer.putVarint(byteLength);
}
