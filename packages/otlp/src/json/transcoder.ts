import type { Signal } from '@spillway/config';
import { JsonWriter } from './json-writer.ts';
import type { MessageName, ScalarKind } from './message-fields.ts';
import { type Field, type MessageType, messageType } from './message-type.ts';
import { ProtobufReader } from './protobuf-reader.ts';

/** The request of each signal. */
const REQUESTS: Readonly<Record<Signal | 'metrics', MessageName>> = {
  traces: 'ExportTraceServiceRequest',
  logs: 'ExportLogsServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
};

/** Protobuf decoders refuse a request nested deeper than this (the default of C++, Java and Rust). */
const MAX_DEPTH = 100;

/** JSON is 2.0 to 2.3 times as long as protobuf, for spans and log records of services. Memory that has to grow is copied. */
const EXPECTED_GROWTH = 2.4;

const [COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x2c, 0x5b, 0x5d, 0x7b, 0x7d];

/** A message that is being written, and the list in it of which elements are being written. It is used for one after the other. */
class Frame {
  type: MessageType;
  end = 0;
  /** Bits of the fields that were written. */
  seen = 0;
  list: Field | undefined;
  listNumber = 0;
  isListEmpty = true;
  /** Where the first field begins that is not an element; -1 if there is none. The message goes on there after the list. */
  rest = -1;

  constructor(type: MessageType) {
    this.type = type;
  }
}

/**
 * Writes an encoded OTLP request as OTLP/JSON, in UTF-8. Fields that are not in the table are left out.
 *
 * It can stop after any field and go on later, because a large request takes tens of milliseconds.
 */
export class Transcoder {
  private readonly reader: ProtobufReader;
  private readonly writer: JsonWriter;
  /** Those of open messages first, then those to be used again. */
  private readonly frames: Frame[] = [];
  private depth = 0;

  constructor(signal: Signal | 'metrics', request: Uint8Array) {
    this.reader = new ProtobufReader(request);
    this.writer = new JsonWriter(Math.ceil(EXPECTED_GROWTH * request.length) + 64);
    this.open(messageType(REQUESTS[signal]), request.length);
  }

  /** Complete once `advance` has returned true. */
  get json(): Uint8Array<ArrayBuffer> {
    return this.writer.written;
  }

  /**
   * Goes on until about this many bytes are written.
   * @returns whether everything is written
   * @throws RangeError or TypeError if the bytes are not such a request. A field that occurs twice although it is not
   *   repeated counts as broken too, because no encoder writes that
   */
  advance(byteLength: number): boolean {
    const until = this.writer.byteLength + byteLength;
    while (this.writer.byteLength < until && this.step());
    return this.depth === 0;
  }

  /** Writes a field, an element, or the end of a list or message: a function of its own, which V8 compiles long before the loop. */
  private step(): boolean {
    const { depth, reader, writer } = this;
    if (depth === 0) return false;
    const frame = this.frames[depth - 1]!;
    const { list } = frame;
    if (reader.position < frame.end) {
      if (list === undefined) this.writeField(frame);
      else this.writeElement(frame, list);
    } else if (list === undefined) {
      writer.writeByte(CLOSE_OBJECT);
      this.depth = depth - 1;
    } else {
      writer.writeByte(CLOSE_LIST);
      if (frame.rest >= 0) reader.position = frame.rest;
      frame.list = undefined;
    }
    return true;
  }

  private open(type: MessageType, end: number): void {
    if (this.depth === MAX_DEPTH) throw new RangeError(`more than ${MAX_DEPTH} messages are nested`);
    this.writer.writeByte(OPEN_OBJECT);
    const frame = (this.frames[this.depth++] ??= new Frame(type));
    frame.type = type;
    frame.end = end;
    frame.seen = 0;
    frame.list = undefined;
  }

  private writeField(frame: Frame): void {
    const { reader, writer } = this;
    const { end, seen } = frame;
    const start = reader.position;
    const tag = reader.readTag(end);
    const number = tag >>> 3;
    const field = frame.type.fields[number];
    const isSeen = field !== undefined && (seen & field.bit) !== 0;
    // The elements of a list were written together with the first one.
    if (field === undefined || (field.isRepeated && isSeen)) return reader.skip(tag & 7, end);
    if (isSeen) throw new RangeError('a field occurs twice');
    frame.seen = seen | field.bit;
    writer.writeName(field.name, seen !== 0);
    if (!field.isRepeated) return this.writeValue(field, tag & 7, end);
    writer.writeByte(OPEN_LIST);
    frame.list = field;
    frame.listNumber = number;
    frame.isListEmpty = true;
    frame.rest = -1;
    reader.position = start;
  }

  /** Writes the next field if it is an element of the list, or several elements if they are packed. */
  private writeElement(frame: Frame, field: Field): void {
    const { reader } = this;
    const { end } = frame;
    const start = reader.position;
    const tag = reader.readTag(end);
    const wireType = tag & 7;
    if (tag >>> 3 !== frame.listNumber) {
      if (frame.rest < 0) frame.rest = start;
      return reader.skip(wireType, end);
    }
    if (wireType !== 2 || field.wireType === 2) {
      this.separate(frame);
      return this.writeValue(field, wireType, end);
    }
    const packedEnd = reader.readEnd(end);
    while (reader.position < packedEnd) {
      this.separate(frame);
      this.writeValue(field, field.wireType, packedEnd);
    }
  }

  private separate(frame: Frame): void {
    if (!frame.isListEmpty) this.writer.writeByte(COMMA);
    frame.isListEmpty = false;
  }

  private writeValue(field: Field, wireType: number, end: number): void {
    if (wireType !== field.wireType) throw new RangeError(`wire type ${wireType} is not that of the field`);
    const { reader, writer } = this;
    const { message, scalar } = field;
    if (wireType !== 2) return this.writeNumber(scalar, end);
    const valueEnd = reader.readEnd(end);
    if (message !== undefined) return this.open(message, valueEnd);
    const start = reader.position;
    reader.position = valueEnd;
    if (scalar === 'string') writer.writeString(reader.bytes, start, valueEnd);
    else if (scalar === 'id') writer.writeHex(reader.bytes, start, valueEnd);
    else writer.writeBase64(reader.bytes.subarray(start, valueEnd));
  }

  /** 64-bit integers are strings, because JavaScript's numbers cannot hold them. */
  private writeNumber(scalar: ScalarKind | undefined, end: number): void {
    const { reader, writer } = this;
    switch (scalar) {
      case 'bool':
        return writer.writeAscii(reader.readUint32(end) === 0 ? 'false' : 'true');
      case 'int32':
        return writer.writeInteger(reader.readUint32(end) | 0);
      case 'uint32':
        return writer.writeInteger(reader.readUint32(end));
      case 'sint32':
        return writer.writeInteger(fromZigzag(reader.readUint32(end)));
      case 'int64':
        reader.readVarint(end);
        return writer.writeQuotedInt64(reader.high, reader.low);
      case 'uint64':
        reader.readVarint(end);
        return writer.writeQuotedUint64(reader.high, reader.low);
      case 'fixed32':
        return writer.writeInteger(reader.readFixed32(end));
      case 'fixed64':
        reader.readFixed64(end);
        return writer.writeQuotedUint64(reader.high, reader.low);
      case 'sfixed64':
        reader.readFixed64(end);
        return writer.writeQuotedInt64(reader.high, reader.low);
      default:
        return this.writeDouble(reader.readDouble(end));
    }
  }

  /** JSON's numbers have no infinities, and `String` loses the sign of -0. */
  private writeDouble(value: number): void {
    const { writer } = this;
    if ((value | 0) === value && !Object.is(value, -0)) writer.writeInteger(value);
    else if (!Number.isFinite(value)) writer.writeQuoted(String(value));
    else writer.writeAscii(Object.is(value, -0) ? '-0' : String(value));
  }
}

/**
 * Writes an encoded OTLP request as OTLP/JSON in one go.
 * @throws RangeError or TypeError if the bytes are not such a request
 */
export function transcodeNow(signal: Signal, request: Uint8Array): Uint8Array<ArrayBuffer> {
  const transcoder = new Transcoder(signal, request);
  transcoder.advance(Infinity);
  return transcoder.json;
}

function fromZigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}
