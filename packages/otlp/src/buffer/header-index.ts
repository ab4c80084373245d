import type { InstrumentationScopeLike, ResourceLike } from '../encoding/item-encoder.ts';
import { GenerationalCache } from '../encoding/generational-cache.ts';
import { FreeNumbers } from './free-numbers.ts';

/** Bytes of an entry on the JavaScript heap besides its header: two objects, and its index entries (measured). */
const ENTRY_BYTES = 200;

/** A resource and an instrumentation scope that items came with together. */
export interface Pair {
  readonly id: number;
  readonly resource: HeaderEntry<ResourceLike>;
  readonly scope: HeaderEntry<InstrumentationScopeLike>;
  /** Held items that have this pair. */
  items: number;
  /** Whether it is in the list of `kept-pairs.ts`, and the next one there. */
  isKept: boolean;
  nextKept: Pair | undefined;
}

/** A resource or an instrumentation scope: one for all objects that encode to the same header. */
export interface HeaderEntry<Source> {
  /** Unique in its index. */
  readonly number: number;
  /** The encoded header, one character for each byte. */
  header: string;
  /** The object, while its header is not final. Until then, the entry is found only by this object. */
  source: Source | undefined;
  /** Bytes of the entry: its header, and its share of the index. */
  bytes: number;
  /** Pairs that exist. With 0, the entry is gone. */
  pairs: number;
  /** Pairs of held items. */
  heldPairs: number;
  /** The pair that was found last for this entry. */
  lastPair: Pair | undefined;
}

/**
 * The headers of one kind, by their object and by their bytes. Objects that do not come again are forgotten, because
 * some instrumentations create one for each call. (A WeakMap takes five times as long for each of those, and pauses the
 * hook when it grows.)
 */
export class HeaderIndex<Source extends object> {
  private readonly numbers = new FreeNumbers();
  private readonly byObject: GenerationalCache<Source, HeaderEntry<Source>>;
  private readonly byHeader = new Map<string, HeaderEntry<Source>>();

  /** @param maxObjects that many are recognised without encoding; at most twice as many are kept alive */
  constructor(maxObjects: number) {
    this.byObject = new GenerationalCache(maxObjects);
  }

  /** The entry that was added for an object, if it still exists. */
  find(source: Source): HeaderEntry<Source> | undefined {
    const entry = this.byObject.get(source);
    return entry !== undefined && entry.pairs > 0 ? entry : undefined;
  }

  /** @param isFinal whether the header will not change; otherwise the object is kept, to be encoded again */
  add(source: Source, header: string, isFinal: boolean): HeaderEntry<Source> {
    const entry = (isFinal ? this.byHeader.get(header) : undefined) ?? this.create(source, header, isFinal);
    this.byObject.add(source, entry);
    return entry;
  }

  /** Forgets an entry that no pair uses any more. */
  drop(entry: HeaderEntry<Source>): void {
    if (this.byHeader.get(entry.header) === entry) this.byHeader.delete(entry.header);
    this.numbers.giveBack(entry.number);
    // Objects may still find the entry, but it is an empty shell.
    entry.header = '';
    entry.source = undefined;
  }

  private create(source: Source, header: string, isFinal: boolean): HeaderEntry<Source> {
    const entry: HeaderEntry<Source> = {
      number: this.numbers.take(),
      header,
      source: isFinal ? undefined : source,
      bytes: entryBytes(header, isFinal),
      pairs: 0,
      heldPairs: 0,
      lastPair: undefined,
    };
    if (isFinal) this.byHeader.set(header, entry);
    return entry;
  }
}

/**
 * Bytes of an entry. If it is not final, its object is kept as well. Only the encoded size of an application's
 * attributes is known; their strings and slots take about three times as much.
 */
export function entryBytes(header: string, isFinal: boolean): number {
  return ENTRY_BYTES + header.length * (isFinal ? 1 : 4);
}
