import { MAX_VARINT_BYTES, type ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import { meantBy } from './exotic-value.ts';
import { typeOf } from './type-of.ts';
import { UnencodableError } from './unencodable-error.ts';
import {
  TAG_ARRAY_VALUE,
  TAG_BOOL_VALUE,
  TAG_BYTES_VALUE,
  TAG_DOUBLE_VALUE,
  TAG_INT_VALUE,
  TAG_KVLIST_VALUE,
  TAG_LIST_ELEMENT,
  TAG_STRING_VALUE,
} from './wire-tags.ts';

/**
 * How deep maps and arrays may be nested. Protobuf decoders refuse a request nested deeper than 100 messages (the
 * default of C++, Java and Rust); one level of a map is three messages, and seven are around the attribute.
 */
export const MAX_DEPTH = 30;

/**
 * Elements and entries of one value, including nested ones: some milliseconds of encoding. Limiting the depth is not
 * enough, because parts may be shared: 30 levels of pairs are 2^30 elements.
 */
export const MAX_ELEMENTS = 1 << 17;

/** Room for a tag and a number. */
export const NUMBER_BYTES = 1 + MAX_VARINT_BYTES;

const MIN_INT64 = -(2 ** 63);
const END_INT64 = 2 ** 63;

/** Writes the `KeyValue` of a map entry. */
export interface EntryWriter {
  writeKeyValue(writer: ProtobufWriter, tag: number, key: string, value: unknown): void;
}

/** Writes the message `AnyValue` (without its length) of any JavaScript value. */
export class AnyValueEncoder {
  private readonly entries: EntryWriter;

  /** The first `depth` of these are the maps and arrays around the value that is being written. */
  private readonly ancestors: unknown[] = [];
  private depth = 0;
  private elementsLeft = 0;

  constructor(entries: EntryWriter) {
    this.entries = entries;
  }

  /** How deep the value that is being written is nested. */
  get currentDepth(): number {
    return this.depth;
  }

  /**
   * Forgets a value that an error left half written.
   * @param depth its value before: 0, or more if reading another value has led here
   */
  reset(depth: number): void {
    this.ancestors.length = depth;
    this.depth = depth;
  }

  /**
   * @throws UnencodableError for a function, a symbol, a cycle, and a value beyond {@link MAX_DEPTH} or {@link
   *   MAX_ELEMENTS}
   * @throws whatever a getter or a proxy of the value throws
   */
  write(writer: ProtobufWriter, value: unknown): void {
    switch (typeof value) {
      case 'string':
        writer.reserve(1);
        writer.bytes[writer.position++] = TAG_STRING_VALUE;
        writer.writeString(value);
        break;
      case 'number':
        writer.reserve(NUMBER_BYTES);
        putNumber(writer, value);
        break;
      case 'boolean':
        writer.reserve(2);
        writer.bytes[writer.position++] = TAG_BOOL_VALUE;
        writer.bytes[writer.position++] = value ? 1 : 0;
        break;
      case 'bigint':
        this.writeBigInt(writer, value);
        break;
      case 'object':
        if (value !== null) this.writeObject(writer, value);
        break;
      case 'undefined':
        break;
      default:
        throw new UnencodableError(`a ${typeof value} has no OTLP value`);
    }
  }

  private writeBigInt(writer: ProtobufWriter, value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) {
      this.write(writer, value.toString());
      return;
    }
    writer.reserve(NUMBER_BYTES);
    writer.bytes[writer.position++] = TAG_INT_VALUE;
    writer.putVarint64(Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)));
  }

  private writeObject(writer: ProtobufWriter, value: object): void {
    if (Array.isArray(value)) this.writeArray(writer, value);
    else if (Object.getPrototypeOf(value) === Object.prototype) this.writeMap(writer, value);
    else this.writeExotic(writer, value);
  }

  /** Recognises types by their tag instead of `instanceof`, because values may come from another realm. */
  private writeExotic(writer: ProtobufWriter, value: object): void {
    const bytes = bytesOf(value);
    if (bytes !== undefined) {
      writer.reserve(1);
      writer.bytes[writer.position++] = TAG_BYTES_VALUE;
      writer.writeBytes(bytes);
    } else if (ArrayBuffer.isView(value)) {
      this.writeArray(writer, value as unknown as ArrayLike<unknown>);
    } else {
      const meant = meantBy(value, MAX_ELEMENTS);
      if (meant === value) return this.writeMap(writer, value);
      // This counts as a level: the meant value may lead back to the object, or to new objects for ever.
      this.enter(value);
      this.write(writer, meant);
      this.depth--;
    }
  }

  /** By index instead of the iterator: holes become empty values, and an array cannot bring its own iteration. */
  private writeArray(writer: ProtobufWriter, values: ArrayLike<unknown>): void {
    const { length } = values;
    this.enter(values);
    this.count(length);
    writer.reserve(1);
    writer.bytes[writer.position++] = TAG_ARRAY_VALUE;
    const array = writer.openMessage();
    for (let index = 0; index < length; index++) {
      writer.reserve(1);
      writer.bytes[writer.position++] = TAG_LIST_ELEMENT;
      const element = writer.openMessage();
      this.write(writer, values[index]);
      writer.closeMessage(element);
    }
    writer.closeMessage(array);
    this.depth--;
  }

  private writeMap(writer: ProtobufWriter, map: object): void {
    this.enter(map);
    writer.reserve(1);
    writer.bytes[writer.position++] = TAG_KVLIST_VALUE;
    const list = writer.openMessage();
    for (const key in map) {
      if (!Object.prototype.hasOwnProperty.call(map, key)) continue;
      this.count(1);
      this.entries.writeKeyValue(writer, TAG_LIST_ELEMENT, key, (map as Record<string, unknown>)[key]);
    }
    writer.closeMessage(list);
    this.depth--;
  }

  private count(elements: number): void {
    this.elementsLeft -= elements;
    if (this.elementsLeft < 0) throw new UnencodableError(`more than ${MAX_ELEMENTS} elements`);
  }

  /** A path is at most {@link MAX_DEPTH} long, so searching it for a cycle is cheaper than a set. */
  private enter(value: object): void {
    const { ancestors, depth } = this;
    if (depth === 0) this.elementsLeft = MAX_ELEMENTS;
    if (depth === MAX_DEPTH) throw new UnencodableError(`nested deeper than ${MAX_DEPTH} levels`);
    for (let index = 0; index < depth; index++) {
      if (ancestors[index] === value) throw new UnencodableError('it contains itself');
    }
    ancestors[depth] = value;
    this.depth = depth + 1;
  }
}

/**
 * Puts tag and value of a number ({@link NUMBER_BYTES} of room). Whole numbers in the range of `int64` become `int64`,
 * including -0 (as 0). All others become doubles.
 */
export function putNumber(writer: ProtobufWriter, value: number): void {
  // The first test covers the usual case with a single machine instruction; the second is the rule.
  if ((value | 0) === value || (Number.isInteger(value) && value >= MIN_INT64 && value < END_INT64)) {
    writer.bytes[writer.position++] = TAG_INT_VALUE;
    writer.putInt64(value);
  } else {
    writer.bytes[writer.position++] = TAG_DOUBLE_VALUE;
    writer.putDouble(value);
  }
}

/** The bytes of a value, if it represents bytes and not numbers. */
function bytesOf(value: object): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) {
    const standsForNumbers = !['Uint8Array', 'Uint8ClampedArray', 'DataView'].includes(typeOf(value));
    return standsForNumbers ? undefined : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return ['ArrayBuffer', 'SharedArrayBuffer'].includes(typeOf(value))
    ? new Uint8Array(value as ArrayBuffer)
    : undefined;
}
