import { encodeResourceHeader, writeResourceHeader, writeScopeHeader } from '../encoding/headers.ts';
import type { InstrumentationScopeLike, ResourceLike } from '../encoding/item-encoder.ts';
import { hasPendingAttributes } from '../encoding/pending-attributes.ts';
import { UnencodableError } from '../encoding/unencodable-error.ts';
import { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import { FreeNumbers } from './free-numbers.ts';
import { type Enclosure, HeaderMessage } from './enclosure.ts';
import { entryBytes, type HeaderEntry, HeaderIndex, type Pair } from './header-index.ts';
import { ItemTooLargeError } from './item-too-large-error.ts';
import { KeptPairs } from './kept-pairs.ts';

/** Bytes of a pair on the JavaScript heap: an object, and its entries in two tables (measured). */
const PAIR_BYTES = 150;

/**
 * Unused pairs are kept up to this size, so that a queue that empties again and again recognises them: some 5 000 pairs of
 * a resource and any scope. An application has some hundred.
 */
const MAX_KEPT_BYTES = 2 * 1024 * 1024;

/** Objects that are recognised without being encoded. An application's resource may be large. */
const MAX_SCOPE_OBJECTS = 6_000;
const MAX_RESOURCE_OBJECTS = 32;

/** More scopes than fit into any memory, and fewer than make the key of a pair inexact. */
const MAX_SCOPES = 2 ** 26;

/** Arguments of one call, far below the limit of any engine's stack. */
const MAX_ARGUMENTS = 1024;

/** Larger scratch memory is given back after the header that needed it. */
const KEPT_SCRATCH_BYTES = 4 * 1024;

/** The writer reserves this much more than it uses, at most. */
const RESERVE_SLACK_BYTES = 4 * 1024;

/** `resource_spans` of `ExportTraceServiceRequest` and its forms for other signals: field 1, LEN. */
const TAG_RESOURCE_ITEMS = 0x0a;

/** `scope_spans` of `ResourceSpans` and its forms for other signals: field 2, LEN. */
const TAG_SCOPE_ITEMS = 0x12;

type ResourceEntry = HeaderEntry<ResourceLike>;
type ScopeEntry = HeaderEntry<InstrumentationScopeLike>;

/**
 * Gives each pair of resource and scope a small number, so that an item needs to store only that. Pairs that encode to
 * the same bytes share a number, because some instrumentations create a scope object for each call.
 *
 * Resource and scope are encoded when they are first seen. A resource whose attributes are still being detected is
 * encoded again for each request until they are complete.
 *
 * A pair counts its items, and goes with the last one. So the size of the table is bounded by the held items, and
 * counted with them ({@link heldBytes}), and no search for unused entries is ever needed.
 */
export class ScopeTable {
  /** Bytes of the resources and scopes of held items. */
  heldBytes = 0;
  private readonly maxHeaderBytes: number;
  private readonly resources = new HeaderIndex<ResourceLike>(MAX_RESOURCE_OBJECTS);
  private readonly scopes = new HeaderIndex<InstrumentationScopeLike>(MAX_SCOPE_OBJECTS);
  private readonly writer = new ProtobufWriter((needed) => this.targetFor(needed));
  /** Where headers are written. */
  private scratch = new Uint8Array(0);
  private readonly ids = new FreeNumbers();
  private readonly pairs: (Pair | undefined)[] = [];
  private readonly byEntries = new Map<number, Pair>();
  /** Resources that waited for attributes when they were last encoded. */
  private readonly pending = new Set<ResourceEntry>();
  private readonly kept = new KeptPairs();
  private totalBytes = 0;
  private lastScope: InstrumentationScopeLike | undefined;
  private lastResource: ResourceLike | undefined;
  private lastPair: Pair | undefined;

  /** @param maxHeaderBytes limit of a resource or a scope; items of a larger one are refused */
  constructor(maxHeaderBytes = Infinity) {
    this.maxHeaderBytes = maxHeaderBytes;
  }

  /** Pairs that have a number. */
  get size(): number {
    return this.byEntries.size;
  }

  /** Bytes of all entries, including those without items. */
  get memoryBytes(): number {
    return this.totalBytes;
  }

  /** Whether any resource still waits for attributes. Nearly always false. */
  get hasPendingResources(): boolean {
    for (const { source } of this.pending) if (hasPendingAttributes(source)) return true;
    return false;
  }

  /**
   * Counts one more item of this pair: nearly always the pair of the previous call, or one that was seen as these very
   * objects.
   * @returns the number of the pair, valid until the item is let go
   * @throws UnencodableError if the resource or the scope is not an object
   * @throws ItemTooLargeError if one of them is larger than `maxHeaderBytes`
   */
  hold(resource: ResourceLike, scope: InstrumentationScopeLike): number {
    const pair = this.pairFoundBefore(resource, scope) ?? this.pairOf(resource, scope);
    pair.items += 1;
    if (pair.items === 1) this.onHeld(pair);
    this.lastScope = scope;
    this.lastResource = resource;
    this.lastPair = pair;
    return pair.id;
  }

  /** That many items of a pair are no longer held. */
  letGo(id: number, items: number): void {
    const pair = this.pairWith(id);
    pair.items -= items;
    if (pair.items === 0) this.onUnused(pair);
  }

  /** The encoded header of a scope, one character for each byte. */
  scopeHeaderOf(id: number): string {
    return this.pairWith(id).scope.header;
  }

  /** The encoded header of a resource, as far as its attributes are known. */
  resourceHeaderOf(id: number): string {
    const { resource } = this.pairWith(id);
    const { source } = resource;
    if (source !== undefined) this.encodeAgain(resource, source);
    return resource.header;
  }

  /** The resource of a pair, if it waited for attributes when it was last encoded. */
  pendingResourceOf(id: number): ResourceLike | undefined {
    return this.pairWith(id).resource.source;
  }

  /** The messages around an item of a pair in a request: of its resource and of its scope. */
  enclosuresOf(id: number): readonly [Enclosure, Enclosure] {
    return [
      new HeaderMessage(TAG_RESOURCE_ITEMS, this.resourceHeaderOf(id)),
      new HeaderMessage(TAG_SCOPE_ITEMS, this.scopeHeaderOf(id)),
    ];
  }

  private pairWith(id: number): Pair {
    const pair = this.pairs[id];
    if (pair === undefined) throw new Error(`no resource and scope have the number ${id}`);
    return pair;
  }

  /** A program usually has one resource, and instrumentations take turns. */
  private pairFoundBefore(resource: ResourceLike, scope: InstrumentationScopeLike): Pair | undefined {
    const { lastPair } = this;
    if (lastPair === undefined || resource !== this.lastResource) return undefined;
    if (scope === this.lastScope) return lastPair;
    const found = this.scopes.find(scope)?.lastPair;
    return found?.resource === lastPair.resource ? found : undefined;
  }

  private pairOf(resource: ResourceLike, scope: InstrumentationScopeLike): Pair {
    if (typeof resource !== 'object' || resource === null) throw new UnencodableError('it has no resource');
    if (typeof scope !== 'object' || scope === null) throw new UnencodableError('it has no instrumentation scope');
    // Both are encoded before either entry is used: encoding may throw, and its getters may release other pairs.
    const resourceHeader = this.resources.find(resource)?.header ?? this.encoded(writeResourceHeader, resource);
    const scopeHeader = this.scopes.find(scope)?.header ?? this.encoded(writeScopeHeader, scope);
    const isFinal = !hasPendingAttributes(resource);
    const resourceEntry = this.resources.find(resource) ?? this.resources.add(resource, resourceHeader, isFinal);
    const scopeEntry = this.scopes.find(scope) ?? this.scopes.add(scope, scopeHeader, true);
    scopeEntry.lastPair =
      this.byEntries.get(keyOf(resourceEntry, scopeEntry)) ?? this.addPair(resourceEntry, scopeEntry);
    return scopeEntry.lastPair;
  }

  /** @throws ItemTooLargeError above `maxHeaderBytes` */
  private encoded<Source>(write: (source: Source, writer: ProtobufWriter) => void, source: Source): string {
    const { writer } = this;
    writer.retarget(this.scratch);
    writer.position = 0;
    writer.itemStart = 0;
    try {
      write(source, writer);
      if (writer.position > this.maxHeaderBytes) throw new ItemTooLargeError(writer.position, this.maxHeaderBytes);
      return textOf(writer.bytes, writer.position);
    } finally {
      // Do not keep a large target.
      writer.retarget(this.scratch);
    }
  }

  private targetFor(needed: number): Uint8Array {
    if (needed > this.maxHeaderBytes + RESERVE_SLACK_BYTES) throw new ItemTooLargeError(needed, this.maxHeaderBytes);
    const target = new Uint8Array(Math.max(KEPT_SCRATCH_BYTES, needed * 2));
    if (target.length === KEPT_SCRATCH_BYTES) this.scratch = target;
    return target;
  }

  private addPair(resource: ResourceEntry, scope: ScopeEntry): Pair {
    const pair: Pair = { id: this.ids.take(), resource, scope, items: 0, isKept: false, nextKept: undefined };
    this.pairs[pair.id] = pair;
    this.byEntries.set(keyOf(resource, scope), pair);
    this.totalBytes += PAIR_BYTES;
    for (const entry of [resource, scope]) {
      if (entry.pairs === 0) this.totalBytes += entry.bytes;
      entry.pairs += 1;
    }
    if (resource.source !== undefined) this.pending.add(resource);
    return pair;
  }

  private onHeld(pair: Pair): void {
    this.heldBytes += PAIR_BYTES;
    for (const entry of [pair.resource, pair.scope]) {
      if (entry.heldPairs === 0) this.heldBytes += entry.bytes;
      entry.heldPairs += 1;
    }
  }

  private onUnused(pair: Pair): void {
    this.heldBytes -= PAIR_BYTES;
    for (const entry of [pair.resource, pair.scope]) {
      entry.heldPairs -= 1;
      if (entry.heldPairs === 0) this.heldBytes -= entry.bytes;
    }
    this.kept.add(pair);
    while (this.totalBytes - this.heldBytes > MAX_KEPT_BYTES) {
      const first = this.kept.takeFirst();
      if (first === undefined) return;
      if (first.items === 0) this.drop(first);
    }
  }

  private drop(pair: Pair): void {
    const { id, resource, scope } = pair;
    this.pairs[id] = undefined;
    this.byEntries.delete(keyOf(resource, scope));
    this.ids.giveBack(id);
    if (this.lastPair === pair) this.lastPair = undefined;
    if (scope.lastPair === pair) scope.lastPair = undefined;
    this.totalBytes -= PAIR_BYTES;
    if (this.isLastOf(resource)) {
      this.pending.delete(resource);
      this.resources.drop(resource);
    }
    if (this.isLastOf(scope)) this.scopes.drop(scope);
  }

  private isLastOf(entry: ResourceEntry | ScopeEntry): boolean {
    entry.pairs -= 1;
    if (entry.pairs > 0) return false;
    this.totalBytes -= entry.bytes;
    return true;
  }

  /** Encodes a resource again, because some of its attributes may have arrived since. */
  private encodeAgain(entry: ResourceEntry, source: ResourceLike): void {
    const isFinal = !hasPendingAttributes(source);
    // Whatever its size is now: its items have already been accepted.
    const header = encodeResourceHeader(source);
    entry.header = textOf(header, header.length);
    if (isFinal) {
      entry.source = undefined;
      this.pending.delete(entry);
    }
    const grownBy = entryBytes(entry.header, isFinal) - entry.bytes;
    entry.bytes += grownBy;
    this.totalBytes += grownBy;
    if (entry.heldPairs > 0) this.heldBytes += grownBy;
  }
}

function keyOf(resource: ResourceEntry, scope: ScopeEntry): number {
  return resource.number * MAX_SCOPES + scope.number;
}

/**
 * One character a byte: it compares and hashes like the bytes, and takes one byte of memory for each. A plain array,
 * because engines spread one several times faster than a typed array.
 */
function textOf(bytes: Uint8Array, byteLength: number): string {
  let text = '';
  for (let start = 0; start < byteLength; start += MAX_ARGUMENTS) {
    const codes: number[] = [];
    const end = Math.min(start + MAX_ARGUMENTS, byteLength);
    for (let index = start; index < end; index += 1) codes.push(bytes[index] as number);
    text += String.fromCharCode(...codes);
  }
  return text;
}
