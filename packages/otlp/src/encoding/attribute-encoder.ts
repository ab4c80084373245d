import type { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import { KeyValueEncoder } from './key-value-encoder.ts';

/** Told of an attribute that was left out, since its value cannot be encoded. What it throws is ignored. */
export type OnAttributeDropped = (key: string, error: unknown) => void;

/**
 * Writes attributes as repeated `KeyValue`, from the application's own values.
 *
 * The type decides as in upstream's serializer: whole numbers in the range of `int64` are that (-0 is 0), other numbers
 * (NaN, infinities, 2^63 and more) doubles; `null` and `undefined` are an empty value; an object is the map of its own
 * enumerable properties. Where upstream sends something empty, this sends what was meant: a bigint as `int64` or, if it is too
 * large, its decimal digits; a `Date` as ISO text; `ArrayBuffer` and `DataView` as bytes; typed arrays of numbers
 * as arrays; an error as name, message, stack and cause; and what `exotic-value.ts` has.
 *
 * An attribute that cannot be encoded is left out whole: a function or symbol anywhere in it, a promise, an instance without
 * properties that can be read, a cycle, a getter or proxy that throws, too deep, too many elements. The SDKs drop the same on their way in, where they see it.
 */
export class AttributeEncoder {
  private readonly pairs = new KeyValueEncoder();
  private readonly onDropped: OnAttributeDropped | undefined;

  constructor(onDropped?: OnAttributeDropped) {
    this.onDropped = onDropped;
  }

  /**
   * @param tag of the repeated field, one byte
   * @returns how many attributes were left out
   * @throws only what the writer's growth policy throws
   */
  write(writer: ProtobufWriter, tag: number, attributes: Readonly<Record<string, unknown>>): number {
    const offset = writer.offset;
    const { depth } = this.pairs;
    try {
      this.writeTrusting(writer, tag, attributes);
      return 0;
    } catch (error) {
      if (error === writer.refusal) throw error;
      writer.rewind(offset);
      this.pairs.reset(depth);
      return this.writeGuarded(writer, tag, attributes, depth);
    }
  }

  /**
   * Writes a single value, such as the body of a log record, as a field of type `AnyValue`.
   * @param name what it is called where it is reported as left out
   * @returns whether it was written; if not, it cannot be encoded
   * @throws only what the writer's growth policy throws
   */
  writeValue(writer: ProtobufWriter, tag: number, name: string, value: unknown): boolean {
    const offset = writer.offset;
    const { depth } = this.pairs;
    try {
      this.pairs.writeValueField(writer, tag, value);
      return true;
    } catch (error) {
      this.drop(writer, offset, depth, name, error);
      return false;
    }
  }

  /**
   * The usual case, where nothing throws: a `try` within the loop makes it four times slower, since engines then no
   * longer read keys and values straight from the object's shape. For the same reason this is for-in with that check.
   */
  private writeTrusting(writer: ProtobufWriter, tag: number, attributes: Readonly<Record<string, unknown>>): void {
    const { pairs } = this;
    let previous = pairs.start;
    for (const key in attributes) {
      if (!Object.prototype.hasOwnProperty.call(attributes, key)) continue;
      previous = pairs.writeAfter(writer, tag, previous, key, attributes[key]);
    }
  }

  /** The same from the start, one attribute at a time, after one threw. So a getter may be asked twice. */
  private writeGuarded(writer: ProtobufWriter, tag: number, attributes: Readonly<Record<string, unknown>>, depth: number): number {
    let dropped = 0;
    let previous = this.pairs.start;
    try {
      for (const key in attributes) {
        const offset = writer.offset;
        try {
          if (!Object.prototype.hasOwnProperty.call(attributes, key)) continue;
          previous = this.pairs.writeAfter(writer, tag, previous, key, attributes[key]);
        } catch (error) {
          dropped++;
          this.drop(writer, offset, depth, key, error);
        }
      }
    } catch (error) {
      // The enumeration itself failed (a proxy): what was written stays, what is missing cannot be known and counts as one.
      dropped++;
      this.drop(writer, writer.offset, depth, '', error);
    }
    return dropped;
  }

  private drop(writer: ProtobufWriter, offset: number, depth: number, key: string, error: unknown): void {
    if (error === writer.refusal) throw error;
    writer.rewind(offset);
    this.pairs.reset(depth);
    try {
      this.onDropped?.(key, error);
    } catch {
      // Reporting must not cost the item.
    }
  }
}
