import { copyBytes, type Enclosure, fieldBytes } from '@spillway/otlp';
import type { ProtobufWriter } from '@spillway/otlp/encoding';
import { TAG_METRIC } from './wire-tags.ts';

/** Bytes of a header on the JavaScript heap besides its encoded bytes: an object, and a place in two arrays. */
const OBJECT_BYTES = 100;

/**
 * The message `Metric` around data points. Its length, and that of the kind of metric, depend on the points; the rest
 * has been encoded:
 *
 * ```
 *  tag, length | name, description, unit, metadata | tag of the kind, length | temporality, is_monotonic | points
 *              ^start                              ^kindStart                                            ^end
 * ```
 *
 * It has no key, so metrics with the same header remain apart, as they were collected.
 */
export class MetricHeader implements Enclosure {
  /** The number of the metric's resource and scope. */
  readonly scopeId: number;
  private readonly kindTag: number;
  private readonly bytes: Uint8Array;
  private readonly start: number;
  private readonly kindStart: number;
  private readonly end: number;

  /** @param bytes contain the encoded fields from `start` on, and before `end`, and never change there */
  constructor(scopeId: number, kindTag: number, bytes: Uint8Array, start: number, kindStart: number, end: number) {
    this.scopeId = scopeId;
    this.kindTag = kindTag;
    this.bytes = bytes;
    this.start = start;
    this.kindStart = kindStart;
    this.end = end;
  }

  /** Bytes that the header occupies. */
  get byteLength(): number {
    return OBJECT_BYTES + this.end - this.start;
  }

  byteLengthAround(pointBytes: number): number {
    return fieldBytes(this.messageBytes(pointBytes));
  }

  putBefore(writer: ProtobufWriter, pointBytes: number): void {
    writer.bytes[writer.position++] = TAG_METRIC;
    writer.putVarint(this.messageBytes(pointBytes));
    this.copy(writer, this.start, this.kindStart);
    writer.bytes[writer.position++] = this.kindTag;
    writer.putVarint(this.end - this.kindStart + pointBytes);
    this.copy(writer, this.kindStart, this.end);
  }

  private messageBytes(pointBytes: number): number {
    return this.kindStart - this.start + fieldBytes(this.end - this.kindStart + pointBytes);
  }

  private copy(writer: ProtobufWriter, start: number, end: number): void {
    copyBytes(this.bytes, start, end, writer.bytes, writer.position);
    writer.position += end - start;
  }
}
