import type { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import { KeyValueEncoder } from './key-value-encoder.ts';

/** With that many properties, added one after the other as the SDKs do, V8 makes a dictionary of an object. */
const MANY_ATTRIBUTES = 20;

/** Called for an attribute that was left out because its value cannot be encoded. Its errors are ignored. */
export type OnAttributeDropped = (key: string, error: unknown) => void;

/**
 * Writes attributes as repeated `KeyValue`, from the application's own values.
 *
 * Types are mapped as in upstream's serializer: whole numbers in the range of `int64` become `int64` (-0 becomes 0),
 * other numbers (NaN, infinities, 2^63 and more) become doubles; `null` and `undefined` become an empty value; an
 * object becomes the map of its own enumerable properties. Where upstream sends something empty, this sends the
 * meaning: a bigint as
 * `int64` or, if it is too large, as its decimal digits; a `Date` as ISO text; `ArrayBuffer` and `DataView` as bytes;
 * typed arrays of numbers as arrays; an error as name, message, stack and cause; and the values of `exotic-value.ts`.
 *
 * An attribute is left out completely if it cannot be encoded: a function or symbol anywhere in it, a promise, an
 * instance without readable properties, a cycle, a getter or proxy that throws, or a value that is too deep or has too
 * many elements. The SDKs drop the same values earlier, if they notice them.
 */
export class AttributeEncoder {
  private readonly pairs = new KeyValueEncoder();
  private readonly onDropped: OnAttributeDropped | undefined;
  /** For each tag, whether the last set of attributes had many: 0 or 1. The next one is probably like it. */
  private readonly hadMany = new Uint8Array(256);

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
      this.pairs.reset(depth);
      if (error === writer.refusal) throw error;
      writer.rewind(offset);
      return this.writeGuarded(writer, tag, attributes, depth);
    }
  }

  /**
   * Writes a single value, such as the body of a log record, as a field of type `AnyValue`.
   * @param name its name in the report if it is left out
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

  /** The usual case, in which nothing throws. A `try` within the loop makes it four times slower. */
  private writeTrusting(writer: ProtobufWriter, tag: number, attributes: Readonly<Record<string, unknown>>): void {
    const count =
      this.hadMany[tag] === 1 ? this.writeMany(writer, tag, attributes) : this.writeFew(writer, tag, attributes);
    this.hadMany[tag] = count >= MANY_ATTRIBUTES ? 1 : 0;
  }

  /**
   * Engines read keys and values straight from the object's shape only if this is for-in with that check.
   * @returns how many there are
   */
  private writeFew(writer: ProtobufWriter, tag: number, attributes: Readonly<Record<string, unknown>>): number {
    const { pairs } = this;
    let previous = pairs.start;
    let count = 0;
    for (const key in attributes) {
      if (!Object.prototype.hasOwnProperty.call(attributes, key)) continue;
      previous = pairs.writeAfter(writer, tag, previous, key, attributes[key]);
      count += 1;
    }
    return count;
  }

  /**
   * A dictionary has no shape. In for-in, each key would be looked up three times: by the loop, by the check, and for its
   * value. So this takes a fifth less for a dictionary, and a fifth more for other objects.
   */
  private writeMany(writer: ProtobufWriter, tag: number, attributes: Readonly<Record<string, unknown>>): number {
    const { pairs } = this;
    let previous = pairs.start;
    const keys = Object.keys(attributes);
    for (let index = 0; index < keys.length; index += 1) {
      const key = keys[index] as string;
      previous = pairs.writeAfter(writer, tag, previous, key, attributes[key]);
    }
    return keys.length;
  }

  /** Writes all attributes again, one at a time, after one threw. So a getter may be called twice. */
  private writeGuarded(
    writer: ProtobufWriter,
    tag: number,
    attributes: Readonly<Record<string, unknown>>,
    depth: number,
  ): number {
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
      // The enumeration itself failed (a proxy). Written attributes stay; an unknown number is missing and counts as
      // one.
      dropped++;
      this.drop(writer, writer.offset, depth, '', error);
    }
    return dropped;
  }

  private drop(writer: ProtobufWriter, offset: number, depth: number, key: string, error: unknown): void {
    this.pairs.reset(depth);
    if (error === writer.refusal) throw error;
    writer.rewind(offset);
    try {
      this.onDropped?.(key, error);
    } catch {
      // A failing report must not cost the item.
    }
  }
}
