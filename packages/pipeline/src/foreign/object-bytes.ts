/** Approximate heap size of an ended span or a log record, without its long strings. */
const OBJECT_BYTES = 1_024;

/** A shorter string is part of {@link OBJECT_BYTES}. */
const LONG_STRING_UNITS = 256;

/** Values that are examined in an item, because a hook must not search all of a large one. */
const MAX_VALUES = 512;

/** The properties that are read of a span or log record. */
interface ItemLike {
  readonly attributes?: unknown;
  readonly body?: unknown;
  readonly events?: unknown;
}

/**
 * Approximate size of an item that is kept as an object, for foreign exporters. Counts long strings and byte arrays in
 * attributes, in the body, and in the attributes of events, such as stack traces. Never throws.
 */
export function objectBytes(item: unknown): number {
  try {
    const { attributes, body, events } = item as ItemLike;
    const counter = new ValueCounter();
    counter.count(body);
    counter.count(attributes);
    counter.count(events);
    return OBJECT_BYTES + counter.bytes;
  } catch {
    return OBJECT_BYTES;
  }
}

/** Adds up the sizes of values, including nested ones, until it has seen enough of them. */
class ValueCounter {
  bytes = 0;
  #left = MAX_VALUES;

  count(value: unknown): void {
    this.#left -= 1;
    if (typeof value === 'string') this.bytes += value.length < LONG_STRING_UNITS ? 0 : value.length;
    else if (ArrayBuffer.isView(value)) this.bytes += value.byteLength;
    else if (Array.isArray(value)) this.#countElements(value);
    else if (typeof value === 'object' && value !== null) this.#countEntries(value);
  }

  /** By index, because a loop over the keys of an array first creates a list of all of them. */
  #countElements(values: readonly unknown[]): void {
    for (let index = 0; index < values.length && this.#left > 0; index += 1) this.count(values[index]);
  }

  #countEntries(values: object): void {
    for (const key in values) {
      if (this.#left <= 0) return;
      this.count((values as Record<string, unknown>)[key]);
    }
  }
}
