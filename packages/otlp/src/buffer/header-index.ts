import type { InstrumentationScopeLike, ResourceLike } from '../encoding/item-encoder.ts';
import { FreeNumbers } from './free-numbers.ts';

/** What an entry takes on the JavaScript heap beside its header: two objects, and its places in the indices (measured). */
const ENTRY_BYTES = 200;

/** A resource and an instrumentation scope that an item came with. */
export interface Pair {
  readonly id: number;
  readonly resource: HeaderEntry<ResourceLike>;
  readonly scope: HeaderEntry<InstrumentationScopeLike>;
  /** Items queued or out that have it. */
  items: number;
}

/** A resource or an instrumentation scope: one for all objects that encode to the same header. */
export interface HeaderEntry<Source> {
  /** Among those of its index. */
  readonly number: number;
  /** The encoded header, a character for each byte. */
  header: string;
  /** The object, while its header is not final; the entry is then found by this object alone. */
  source: Source | undefined;
  /** What the entry takes: its header, and what the index needs for it. */
  bytes: number;
  /** Pairs that exist. None: the entry is gone. */
  pairs: number;
  /** Pairs that held items refer to. */
  heldPairs: number;
  /** The pair that it was last found in. */
  lastPair: Pair | undefined;
}

/**
 * The headers of one kind, by the object that said them and by their bytes. The index of objects starts again when it has
 * grown too large, because some instrumentations make an object for each call. (A WeakMap takes five times as long for
 * each of those, and pauses the hook when it grows.)
 */
export class HeaderIndex<Source extends object> {
  private readonly maxObjects: number;
  private readonly numbers = new FreeNumbers();
  private byObject = new Map<Source, HeaderEntry<Source>>();
  private readonly byHeader = new Map<string, HeaderEntry<Source>>();

  /** @param maxObjects kept alive at most, so that they are known again at once */
  constructor(maxObjects: number) {
    this.maxObjects = maxObjects;
  }

  /** The entry that an object has had before, if it is still there. */
  find(source: Source): HeaderEntry<Source> | undefined {
    const entry = this.byObject.get(source);
    return entry !== undefined && entry.pairs > 0 ? entry : undefined;
  }

  /** @param isFinal whether the header stays as it is; otherwise the object is kept, to be encoded again */
  add(source: Source, header: string, isFinal: boolean): HeaderEntry<Source> {
    const entry = (isFinal ? this.byHeader.get(header) : undefined) ?? this.create(source, header, isFinal);
    if (this.byObject.size >= this.maxObjects) this.byObject = new Map();
    this.byObject.set(source, entry);
    return entry;
  }

  /** Forgets an entry that no pair has any more. */
  drop(entry: HeaderEntry<Source>): void {
    if (this.byHeader.get(entry.header) === entry) this.byHeader.delete(entry.header);
    this.numbers.giveBack(entry.number);
    // What objects still find is an empty shell.
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
 * What an entry takes. The object of one that is not final is kept as well; of what an application puts into it only the
 * encoded size is known, and strings and slots take about three times as much.
 */
export function entryBytes(header: string, isFinal: boolean): number {
  return ENTRY_BYTES + header.length * (isFinal ? 1 : 4);
}
