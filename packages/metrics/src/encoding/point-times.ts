import { type HrTimeLike, type ProtobufWriter, putHrTime } from '@spillway/otlp/encoding';
import type { DataPointLike } from '../metric-data.ts';
import { POINT_START_TIME, POINT_TIME } from './wire-tags.ts';

/** Bytes of a time, with its tag. */
const TIME_BYTES = 9;

/** Bytes that {@link PointTimes.put} puts. */
export const POINT_TIMES_BYTES = 2 * TIME_BYTES;

/** Puts the times of data points. The points of a collection nearly always have the same ones, in different arrays. */
export class PointTimes {
  private readonly start = new KnownTime();
  private readonly end = new KnownTime();

  /** {@link POINT_TIMES_BYTES} of room. */
  put(writer: ProtobufWriter, { startTime, endTime }: DataPointLike): void {
    const { start, end } = this;
    if (!start.is(startTime)) start.become(startTime, writer, POINT_START_TIME);
    if (!end.is(endTime)) end.become(endTime, writer, POINT_TIME);
    const { bytes, view, position } = writer;
    bytes[position] = POINT_START_TIME;
    view.setUint32(position + 1, start.low, true);
    view.setUint32(position + 5, start.high, true);
    bytes[position + TIME_BYTES] = POINT_TIME;
    view.setUint32(position + TIME_BYTES + 1, end.low, true);
    view.setUint32(position + TIME_BYTES + 5, end.high, true);
    writer.position = position + POINT_TIMES_BYTES;
  }
}

/** A time and its nanoseconds since 1970, in two halves. */
class KnownTime {
  low = 0;
  high = 0;
  private seconds: unknown = Number.NaN;
  private nanoseconds: unknown = Number.NaN;

  is(time: HrTimeLike): boolean {
    return time?.[0] === this.seconds && time?.[1] === this.nanoseconds;
  }

  /** Lets `putHrTime` compute it. What that puts is overwritten. */
  become(time: HrTimeLike, writer: ProtobufWriter, tag: number): void {
    this.seconds = time?.[0];
    this.nanoseconds = time?.[1];
    const { position } = writer;
    putHrTime(writer, tag, time);
    this.low = writer.view.getUint32(position + 1, true);
    this.high = writer.view.getUint32(position + 5, true);
    writer.position = position;
  }
}
