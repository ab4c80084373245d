import { MAX_VARINT_BYTES, type ProtobufWriter } from '../protobuf/protobuf-writer.ts';

const MAX_UINT32 = 0xffff_ffff;

/** Writes a string field. Writes nothing for an empty string, which is the default, or a value that is not a string. */
export function writeStringField(writer: ProtobufWriter, tag: number, value: unknown): void {
  if (typeof value !== 'string' || value === '') return;
  writer.reserve(1);
  writer.bytes[writer.position++] = tag;
  writer.writeString(value);
}

/**
 * Writes a `uint32` field. Writes nothing for 0, which is the default, or a value that is not a positive number.
 */
export function writeCountField(writer: ProtobufWriter, tag: number, count: unknown): void {
  if (typeof count !== 'number' || !(count >= 1)) return;
  writer.reserve(1 + MAX_VARINT_BYTES);
  writer.bytes[writer.position++] = tag;
  writer.putVarint(Math.min(Math.floor(count), MAX_UINT32));
}

/** Seconds since 1970 and nanoseconds, as OpenTelemetry's `HrTime`. */
export type HrTimeLike = readonly [seconds: number, nanoseconds: number];

/**
 * Puts tag and nanoseconds since 1970 (9 bytes of room). An invalid time, or one before 1970, becomes 0: "unknown".
 */
export function putHrTime(writer: ProtobufWriter, tag: number, time: HrTimeLike): void {
  writer.bytes[writer.position++] = tag;
  const seconds: unknown = time?.[0];
  const nanoseconds: unknown = time?.[1];
  if (typeof seconds === 'number' && typeof nanoseconds === 'number' && seconds >= 0) {
    writer.putNanoseconds(seconds, nanoseconds);
  } else {
    writer.putFixed64(0, 0);
  }
}
