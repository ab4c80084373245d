import {
  errorTitle,
  exceptionAttributes,
  isError,
  MessageEncoder,
  type ProtobufWriter,
  putHexId,
  putHrTime,
  SPAN_ID_BYTES,
  type SpanContextLike,
  TextField,
  type ThresholdMark,
  TRACE_ID_BYTES,
  writeCountField,
} from '@spillway/otlp/encoding';
import type { ReadableLogRecordLike } from '../readable-log-record.ts';
import { samplingAttributes, THRESHOLD_ATTRIBUTE, withoutSampling } from '../sampling/sampling-attributes.ts';

/** Tags of `LogRecord`. Source: opentelemetry/proto/logs/v1/logs.proto. */
const LOG_RECORD_TIME = 0x09;
const LOG_RECORD_SEVERITY_NUMBER = 0x10;
const LOG_RECORD_SEVERITY_TEXT = 0x1a;
const LOG_RECORD_BODY = 0x2a;
const LOG_RECORD_ATTRIBUTES = 0x32;
const LOG_RECORD_DROPPED_ATTRIBUTES_COUNT = 0x38;
const LOG_RECORD_FLAGS = 0x45;
const LOG_RECORD_TRACE_ID = 0x4a;
const LOG_RECORD_SPAN_ID = 0x52;
const LOG_RECORD_OBSERVED_TIME = 0x59;
const LOG_RECORD_EVENT_NAME = 0x62;

const LAST_SEVERITY_NUMBER = 24;
/** The other bits of `flags` are reserved. */
const MASK_TRACE_FLAGS = 0xff;

/** Times, severity, flags and ids with their tags: 9 + 9 + 2 + 5 + 18 + 10. */
const FIXED_FIELDS_BYTES = 53;

/**
 * Writes log records as the field `log_records` of `ScopeLogs`. Attributes that cannot be encoded are left out and
 * counted in the record. A body that cannot be encoded counts as an attribute named `body`, because the protocol has no
 * other counter. Invalid ids are left out, because receivers refuse a whole request for one.
 */
export class LogRecordEncoder extends MessageEncoder<ReadableLogRecordLike> {
  private readonly severityText = new TextField(LOG_RECORD_SEVERITY_TEXT);
  private readonly eventName = new TextField(LOG_RECORD_EVENT_NAME);

  protected override writeFields(record: ReadableLogRecordLike, writer: ProtobufWriter, mark: ThresholdMark): number {
    const { severityNumber, body, spanContext } = record;
    const attributes = mark.isSaid ? withoutSampling(record.attributes) : record.attributes;
    writer.reserve(FIXED_FIELDS_BYTES);
    putHrTime(writer, LOG_RECORD_TIME, record.hrTime);
    putHrTime(writer, LOG_RECORD_OBSERVED_TIME, record.hrTimeObserved);
    if (typeof severityNumber === 'number' && severityNumber >= 1 && severityNumber <= LAST_SEVERITY_NUMBER) {
      writer.bytes[writer.position++] = LOG_RECORD_SEVERITY_NUMBER;
      writer.bytes[writer.position++] = severityNumber;
    }
    if (spanContext) putSpanContext(writer, spanContext);
    this.severityText.write(writer, record.severityText);
    this.eventName.write(writer, record.eventName);

    let dropped = 0;
    if (typeof body === 'object' && isError(body)) this.writeError(writer, body, attributes);
    else if (body !== undefined && !this.attributes.writeValue(writer, LOG_RECORD_BODY, 'body', body)) dropped = 1;
    if (attributes) dropped += this.attributes.write(writer, LOG_RECORD_ATTRIBUTES, attributes);
    writeCountField(writer, LOG_RECORD_DROPPED_ATTRIBUTES_COUNT, record.droppedAttributesCount + dropped);
    if (!mark.isSaid) return 0;
    // These are the last field, so that the position of the threshold is known, however long the other fields are.
    const said = samplingAttributes(record, mark);
    this.attributes.write(writer, LOG_RECORD_ATTRIBUTES, said);
    return said[THRESHOLD_ATTRIBUTE].length;
  }

  /**
   * Writes an error as the body: its title, and those attributes of the SDK for an `exception` that are not there yet.
   */
  private writeError(writer: ProtobufWriter, error: object, attributes: ReadableLogRecordLike['attributes']): void {
    this.attributes.writeValue(writer, LOG_RECORD_BODY, 'body', errorTitle(error));
    const missing = Object.entries(exceptionAttributes(error)).filter(
      ([name]) => !Object.hasOwn(attributes ?? {}, name),
    );
    this.attributes.write(writer, LOG_RECORD_ATTRIBUTES, Object.fromEntries(missing));
  }
}

function putSpanContext(writer: ProtobufWriter, { traceId, spanId, traceFlags }: SpanContextLike): void {
  putHexId(writer, LOG_RECORD_TRACE_ID, traceId, TRACE_ID_BYTES);
  putHexId(writer, LOG_RECORD_SPAN_ID, spanId, SPAN_ID_BYTES);
  if ((traceFlags & MASK_TRACE_FLAGS) === 0) return;
  writer.bytes[writer.position++] = LOG_RECORD_FLAGS;
  writer.putFixed32(traceFlags & MASK_TRACE_FLAGS);
}
