import type { ProtobufWriter } from '../protobuf/protobuf-writer.ts';

/** Seconds since 1970 and nanoseconds, as OpenTelemetry's `HrTime`. */
export type HrTimeLike = readonly [seconds: number, nanoseconds: number];

/** Puts tag and nanoseconds since 1970 (9 bytes of room). A time that is none, or before 1970, is 0: "unknown". */
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
