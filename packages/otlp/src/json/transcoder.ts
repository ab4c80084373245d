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

/** JSON of spans is about this many times as long as their protobuf. */
const EXPECTED_GROWTH = 1.75;

const [COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x2c, 0x5b, 0x5d, 0x7b, 0x7d];

/** A message that is being written, and the list in it of which elements are being written. */
interface Frame {
  readonly type: MessageType;
  readonly end: number;
  /** Bits of the fields that were written. */
  seen: number;
  list: OpenList | undefined;
}

interface OpenList {
  readonly field: Field;
  readonly number: number;
  /** Where the first field begins that is not an element. The message goes on there after the list. */
  rest: number | undefined;
  isEmpty: boolean;
}

/**
 * Writes an encoded OTLP request as OTLP/JSON, in UTF-8. Fields that are not in the table are left out.
 *
 * It can stop after any field and go on later, because a large request takes tens of milliseconds.
 */
export class Transcoder {
  private readonly reader: ProtobufReader;
  private readonly writer: JsonWriter;
  private readonly frames: Frame[] = [];

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
    const { frames, reader, writer } = this;
    const until = writer.byteLength + byteLength;
    while (writer.byteLength < until) {
      const frame = frames.at(-1);
      if (frame === undefined) return true;
      if (reader.position < frame.end) {
        if (frame.list === undefined) this.writeField(frame);
        else this.writeElement(frame, frame.list);
      } else if (frame.list === undefined) {
        writer.writeByte(CLOSE_OBJECT);
        frames.pop();
      } else {
        writer.writeByte(CLOSE_LIST);
        reader.position = frame.list.rest ?? frame.end;
        frame.list = undefined;
      }
    }
    return frames.length === 0;
  }

  private open(type: MessageType, end: number): void {
    if (this.frames.length === MAX_DEPTH) throw new RangeError(`more than ${MAX_DEPTH} messages are nested`);
    this.writer.writeByte(OPEN_OBJECT);
    this.frames.push({ type, end, seen: 0, list: undefined });
  }

  private writeField(frame: Frame): void {
    const { reader, writer } = this;
    const { end } = frame;
    const start = reader.position;
    const tag = reader.readTag(end);
    const number = tag >>> 3;
    const field = frame.type.fields[number];
    const isSeen = field !== undefined && (frame.seen & field.bit) !== 0;
    // The elements of a list were written together with the first one.
    if (field === undefined || (field.isRepeated && isSeen)) return reader.skip(tag & 7, end);
    if (isSeen) throw new RangeError('a field occurs twice');
    if (frame.seen !== 0) writer.writeByte(COMMA);
    frame.seen |= field.bit;
    writer.writeJson(field.name);
    if (!field.isRepeated) return this.writeValue(field.kind, tag & 7, end);
    writer.writeByte(OPEN_LIST);
    frame.list = { field, number, rest: undefined, isEmpty: true };
    reader.position = start;
  }

  /** Writes the next field if it is an element of the list, or several elements if they are packed. */
  private writeElement(frame: Frame, list: OpenList): void {
    const { reader } = this;
    const { end } = frame;
    const start = reader.position;
    const tag = reader.readTag(end);
    const wireType = tag & 7;
    const { kind } = list.field;
    if (tag >>> 3 !== list.number) {
      list.rest ??= start;
      return reader.skip(wireType, end);
    }
    if (wireType !== 2 || wireTypeOf(kind) === 2) {
      this.separate(list);
      return this.writeValue(kind, wireType, end);
    }
    const packedEnd = reader.readEnd(end);
    while (reader.position < packedEnd) {
      this.separate(list);
      this.writeValue(kind, wireTypeOf(kind), packedEnd);
    }
  }

  private separate(list: OpenList): void {
    if (!list.isEmpty) this.writer.writeByte(COMMA);
    list.isEmpty = false;
  }

  private writeValue(kind: Field['kind'], wireType: number, end: number): void {
    if (wireType !== wireTypeOf(kind)) throw new RangeError(`wire type ${wireType} is not that of the field`);
    const { reader } = this;
    if (wireType !== 2) return this.writeNumber(kind as ScalarKind, end);
    const valueEnd = reader.readEnd(end);
    if (typeof kind === 'object') return this.open(kind, valueEnd);
    const start = reader.position;
    reader.position = valueEnd;
    if (kind === 'string') this.writer.writeString(reader.bytes, start, valueEnd);
    else if (kind === 'id') this.writer.writeHex(reader.bytes, start, valueEnd);
    else this.writer.writeBase64(reader.bytes.subarray(start, valueEnd));
  }

  /** 64-bit integers are strings, because JavaScript's numbers cannot hold them. */
  private writeNumber(kind: ScalarKind, end: number): void {
    const { reader, writer } = this;
    switch (kind) {
      case 'bool':
        return writer.writeAscii(reader.readUint32(end) === 0 ? 'false' : 'true');
      case 'int32':
        return writer.writeAscii(String(reader.readUint32(end) | 0));
      case 'uint32':
        return writer.writeAscii(String(reader.readUint32(end)));
      case 'sint32':
        return writer.writeAscii(String(fromZigzag(reader.readUint32(end))));
      case 'int64':
        return writer.writeQuoted(reader.readInt64(end));
      case 'uint64':
        return writer.writeQuoted(reader.readUint64(end));
      case 'fixed32':
        return writer.writeAscii(String(reader.readFixed32(end)));
      case 'fixed64':
        return writer.writeQuoted(reader.readFixed64(end));
      case 'sfixed64':
        return writer.writeQuoted(reader.readSfixed64(end));
      default:
        return this.writeDouble(reader.readDouble(end));
    }
  }

  /** JSON's numbers have no infinities, and `String` loses the sign of -0. */
  private writeDouble(value: number): void {
    if (!Number.isFinite(value)) this.writer.writeQuoted(String(value));
    else this.writer.writeAscii(Object.is(value, -0) ? '-0' : String(value));
  }
}

function wireTypeOf(kind: Field['kind']): number {
  switch (kind) {
    case 'bool':
    case 'int32':
    case 'uint32':
    case 'sint32':
    case 'int64':
    case 'uint64':
      return 0;
    case 'fixed64':
    case 'sfixed64':
    case 'double':
      return 1;
    case 'fixed32':
      return 5;
    default:
      return 2;
  }
}

function fromZigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}
