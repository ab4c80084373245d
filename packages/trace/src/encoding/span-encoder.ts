import {
  flagsOf,
  MessageEncoder,
  type ProtobufWriter,
  putHexId,
  putHrTime,
  SPAN_ID_BYTES,
  TextField,
  type ThresholdMark,
  TRACE_ID_BYTES,
  traceStateText,
  UnencodableError,
  writeCountField,
  writeStringField,
} from '@spillway/otlp/encoding';
import { markedTraceState } from '../sampling/marked-trace-state.ts';
import type { LinkLike, ReadableSpanLike, TimedEventLike } from '../readable-span.ts';

/** Tags of `Span`, `Span.Event`, `Span.Link` and `Status`. Source: opentelemetry/proto/trace/v1/trace.proto. */
const SPAN_TRACE_ID = 0x0a;
const SPAN_SPAN_ID = 0x12;
const SPAN_TRACE_STATE = 0x1a;
const SPAN_PARENT_SPAN_ID = 0x22;
const SPAN_NAME = 0x2a;
const SPAN_KIND = 0x30;
const SPAN_START_TIME = 0x39;
const SPAN_END_TIME = 0x41;
const SPAN_ATTRIBUTES = 0x4a;
const SPAN_DROPPED_ATTRIBUTES_COUNT = 0x50;
const SPAN_EVENTS = 0x5a;
const SPAN_DROPPED_EVENTS_COUNT = 0x60;
const SPAN_LINKS = 0x6a;
const SPAN_DROPPED_LINKS_COUNT = 0x70;
const SPAN_STATUS = 0x7a;
/** Field 16 needs two bytes. */
const SPAN_FLAGS = [0x85, 0x01] as const;

/** An empty status and the tag of the flags, as one little-endian number. */
const UNSET_STATUS_AND_FLAGS = SPAN_STATUS | (SPAN_FLAGS[0] << 16) | (SPAN_FLAGS[1] << 24);

const EVENT_TIME = 0x09;
const EVENT_NAME = 0x12;
const EVENT_ATTRIBUTES = 0x1a;
const EVENT_DROPPED_ATTRIBUTES_COUNT = 0x20;

const LINK_TRACE_ID = 0x0a;
const LINK_SPAN_ID = 0x12;
const LINK_TRACE_STATE = 0x1a;
const LINK_ATTRIBUTES = 0x22;
const LINK_DROPPED_ATTRIBUTES_COUNT = 0x28;
const LINK_FLAGS = 0x35;

const STATUS_MESSAGE = 0x12;
const STATUS_CODE = 0x18;

/**
 * The API's kinds are 0 (internal) to 4 (consumer). The protocol's are one higher, because there 0 is "unspecified".
 */
const LAST_KIND = 4;
/** 0 (unset), 1 (ok), 2 (error) in both the API and the protocol. */
const LAST_STATUS_CODE = 2;

/** Ids, kind and times with their tags: 18 + 10 + 10 + 2 + 9 + 9. */
const FIXED_FIELDS_BYTES = 58;

/**
 * Writes spans as the field `spans` of `ScopeSpans`. Attributes, events and links that cannot be encoded are left out
 * and counted in the span. A parent with an invalid id is left out, because receivers refuse a whole request for an id
 * of a wrong length. A span whose own ids are invalid cannot be encoded at all.
 */
export class SpanEncoder extends MessageEncoder<ReadableSpanLike> {
  private readonly name = new TextField(SPAN_NAME);
  private readonly eventName = new TextField(EVENT_NAME);

  protected override writeFields(
    span: ReadableSpanLike,
    writer: ProtobufWriter,
    { threshold, isSaid }: ThresholdMark,
  ): number {
    const context = span.spanContext();
    const parent = span.parentSpanContext;
    writer.reserve(FIXED_FIELDS_BYTES);
    if (!putHexId(writer, SPAN_TRACE_ID, context.traceId, TRACE_ID_BYTES)) {
      throw new UnencodableError('its trace id is not 32 hex digits');
    }
    if (!putHexId(writer, SPAN_SPAN_ID, context.spanId, SPAN_ID_BYTES)) {
      throw new UnencodableError('its span id is not 16 hex digits');
    }
    if (parent) putHexId(writer, SPAN_PARENT_SPAN_ID, parent.spanId, SPAN_ID_BYTES);
    const { kind } = span;
    if (kind >= 0 && kind <= LAST_KIND) {
      writer.bytes[writer.position++] = SPAN_KIND;
      writer.bytes[writer.position++] = kind + 1;
    }
    putHrTime(writer, SPAN_START_TIME, span.startTime);
    putHrTime(writer, SPAN_END_TIME, span.endTime);
    this.name.write(writer, span.name);
    if (context.traceState && !isSaid) writeStringField(writer, SPAN_TRACE_STATE, traceStateText(context));

    const dropped = span.attributes ? this.attributes.write(writer, SPAN_ATTRIBUTES, span.attributes) : 0;
    writeCountField(writer, SPAN_DROPPED_ATTRIBUTES_COUNT, span.droppedAttributesCount + dropped);
    const { events, links } = span;
    const droppedEvents = events.length === 0 ? 0 : this.writeEach(events, writer, this.writeEvent);
    writeCountField(writer, SPAN_DROPPED_EVENTS_COUNT, span.droppedEventsCount + droppedEvents);
    const droppedLinks = links.length === 0 ? 0 : this.writeEach(links, writer, this.writeLink);
    writeCountField(writer, SPAN_DROPPED_LINKS_COUNT, span.droppedLinksCount + droppedLinks);
    const { status } = span;
    writer.reserve(8);
    // Nearly every status is unset: 20 ns less than writing it as a message.
    if (status.code === 0 && status.message === undefined) {
      writer.view.setUint32(writer.position, UNSET_STATUS_AND_FLAGS, true);
      writer.position += 4;
    } else {
      this.writeStatus(status, writer);
      writer.reserve(6);
      writer.bytes[writer.position++] = SPAN_FLAGS[0];
      writer.bytes[writer.position++] = SPAN_FLAGS[1];
    }
    writer.putFixed32(flagsOf(context.traceFlags, parent?.isRemote));
    if (!isSaid) return 0;
    // The tracestate is the last field, so that the position of the threshold is known, however long the other fields
    // are.
    const { text, distance } = markedTraceState(context, threshold);
    writeStringField(writer, SPAN_TRACE_STATE, text);
    return distance;
  }

  /** The message is written even if it is empty: a receiver can tell "no status" from "status unset". */
  private writeStatus(status: ReadableSpanLike['status'], writer: ProtobufWriter): void {
    writer.reserve(4);
    writer.bytes[writer.position++] = SPAN_STATUS;
    const message = writer.openMessage();
    const { code } = status;
    if (code > 0 && code <= LAST_STATUS_CODE) {
      writer.reserve(2);
      writer.bytes[writer.position++] = STATUS_CODE;
      writer.bytes[writer.position++] = code;
    }
    writeStringField(writer, STATUS_MESSAGE, status.message);
    writer.closeMessage(message);
  }

  /** Leaves out parts that cannot be written. @returns how many were left out */
  private writeEach<Part>(
    parts: readonly Part[],
    writer: ProtobufWriter,
    write: (part: Part, writer: ProtobufWriter) => void,
  ): number {
    let dropped = 0;
    for (let index = 0; index < parts.length; index++) {
      const offset = writer.offset;
      try {
        write(parts[index] as Part, writer);
      } catch (error) {
        if (error === writer.refusal) throw error;
        writer.rewind(offset);
        dropped++;
      }
    }
    return dropped;
  }

  // Fields instead of methods, so that they can be passed as values without making a closure for each span.
  private readonly writeEvent = (event: TimedEventLike, writer: ProtobufWriter): void => {
    writer.reserve(1);
    writer.bytes[writer.position++] = SPAN_EVENTS;
    const message = writer.openMessage();
    writer.reserve(9);
    putHrTime(writer, EVENT_TIME, event.time);
    this.eventName.write(writer, event.name);
    const dropped = event.attributes ? this.attributes.write(writer, EVENT_ATTRIBUTES, event.attributes) : 0;
    writeCountField(writer, EVENT_DROPPED_ATTRIBUTES_COUNT, (event.droppedAttributesCount ?? 0) + dropped);
    writer.closeMessage(message);
  };

  private readonly writeLink = (link: LinkLike, writer: ProtobufWriter): void => {
    const { context } = link;
    writer.reserve(1);
    writer.bytes[writer.position++] = SPAN_LINKS;
    const message = writer.openMessage();
    writer.reserve(FIXED_FIELDS_BYTES);
    if (
      !putHexId(writer, LINK_TRACE_ID, context.traceId, TRACE_ID_BYTES) ||
      !putHexId(writer, LINK_SPAN_ID, context.spanId, SPAN_ID_BYTES)
    ) {
      throw new UnencodableError('a link to a span without valid ids');
    }
    writer.bytes[writer.position++] = LINK_FLAGS;
    writer.putFixed32(flagsOf(context.traceFlags, context.isRemote));
    if (context.traceState) writeStringField(writer, LINK_TRACE_STATE, traceStateText(context));
    const dropped = link.attributes ? this.attributes.write(writer, LINK_ATTRIBUTES, link.attributes) : 0;
    writeCountField(writer, LINK_DROPPED_ATTRIBUTES_COUNT, (link.droppedAttributesCount ?? 0) + dropped);
    writer.closeMessage(message);
  };
}
