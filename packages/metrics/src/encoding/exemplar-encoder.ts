import {
  type AttributeEncoder,
  putHexId,
  putHrTime,
  type ProtobufWriter,
  SPAN_ID_BYTES,
  TRACE_ID_BYTES,
  UnencodableError,
} from '@spillway/otlp/encoding';
import type { ExemplarLike } from '../metric-data.ts';
import { putValue } from './number-fields.ts';
import {
  EXEMPLAR_AS_DOUBLE,
  EXEMPLAR_AS_INT,
  EXEMPLAR_ATTRIBUTES,
  EXEMPLAR_SPAN_ID,
  EXEMPLAR_TIME,
  EXEMPLAR_TRACE_ID,
} from './wire-tags.ts';

/** Called for exemplars that were left out: they cannot be encoded, or their point would be too large with them. */
export type OnExemplarsDropped = (count: number, error: unknown) => void;

/** Time, value and ids with their tags: 9 + 9 + 18 + 10. */
const FIXED_FIELDS_BYTES = 46;

/** The length of the point takes up to this many bytes more than the two that are left for it. */
const LENGTH_GROWTH_BYTES = 3;

/**
 * Writes the exemplars of a point. They must be its last field: an exemplar that cannot be encoded, or with which the
 * point would be too large, is taken back, and never costs the point.
 */
export class ExemplarEncoder {
  private readonly attributes: AttributeEncoder;
  private readonly maxPointBytes: number;
  private readonly onDropped: OnExemplarsDropped | undefined;

  constructor(attributes: AttributeEncoder, maxPointBytes: number, onDropped: OnExemplarsDropped | undefined) {
    this.attributes = attributes;
    this.maxPointBytes = maxPointBytes;
    this.onDropped = onDropped;
  }

  write(writer: ProtobufWriter, tag: number, exemplars: readonly ExemplarLike[], valueType: unknown): void {
    for (let index = 0; index < exemplars.length; index += 1) {
      const { offset } = writer;
      try {
        this.writeExemplar(writer, tag, exemplars[index] as ExemplarLike, valueType);
        if (writer.offset + LENGTH_GROWTH_BYTES <= this.maxPointBytes) continue;
        writer.rewind(offset);
        return this.drop(exemplars.length - index, new UnencodableError('the point would be too large with it'));
      } catch (error) {
        writer.rewind(offset);
        if (error === writer.refusal) return this.drop(exemplars.length - index, error);
        this.drop(1, error);
      }
    }
  }

  private writeExemplar(writer: ProtobufWriter, tag: number, exemplar: ExemplarLike, valueType: unknown): void {
    writer.reserve(1);
    writer.bytes[writer.position++] = tag;
    const message = writer.openMessage();
    writer.reserve(FIXED_FIELDS_BYTES);
    putHrTime(writer, EXEMPLAR_TIME, exemplar.timestamp);
    putValue(writer, EXEMPLAR_AS_DOUBLE, EXEMPLAR_AS_INT, exemplar.value, valueType);
    // An invalid id is left out, because receivers refuse a whole request for one.
    putHexId(writer, EXEMPLAR_TRACE_ID, exemplar.traceId, TRACE_ID_BYTES);
    putHexId(writer, EXEMPLAR_SPAN_ID, exemplar.spanId, SPAN_ID_BYTES);
    const { filteredAttributes } = exemplar;
    if (filteredAttributes) this.attributes.write(writer, EXEMPLAR_ATTRIBUTES, filteredAttributes);
    writer.closeMessage(message);
  }

  private drop(count: number, error: unknown): void {
    try {
      this.onDropped?.(count, error);
    } catch {
      // A failing report must not cost the point.
    }
  }
}
