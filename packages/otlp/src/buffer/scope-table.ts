import { encodeResourceHeader, encodeScopeHeader } from '../encoding/headers.ts';
import type { InstrumentationScopeLike, ResourceLike } from '../encoding/item-encoder.ts';
import { hasPendingAttributes } from '../encoding/pending-attributes.ts';
import { UnencodableError } from '../encoding/unencodable-error.ts';

/** Scope objects whose entry is found by identity. Beyond that the index starts again, so that it holds no memory. */
const MAX_IDENTITIES = 1024;

/** Entries from which unused ones are looked for. */
const FIRST_SWEEP = 256;

/** Arguments of one call, far below what any engine's stack takes. */
const MAX_ARGUMENTS = 1024;

/**
 * Bytes of the headers of all scopes that are held: thousands of ordinary ones. Headers are not part of an item's size, so
 * without a bound of their own a program that names a scope after each request could fill the memory with them.
 */
const MAX_HEADER_BYTES = 4 * 2 ** 20;

/** Encoded fields that come before what they are the header of. */
export interface Header {
  readonly bytes: Uint8Array;
  /** Equal for equal bytes. */
  readonly key: string;
}

/** A resource object, whose attributes may still be on their way. */
interface ResourceEntry {
  readonly resource: ResourceLike;
  readonly number: number;
  header: Header | undefined;
}

/** An instrumentation scope of a resource. */
interface ScopeEntry {
  readonly id: number;
  readonly resource: ResourceEntry;
  readonly header: Header;
  /** Finds the entry: the resource object and the scope's header. */
  readonly key: string;
}

/**
 * Gives each pair of resource and scope a small number, which is all that an item keeps of them. Scopes are the same
 * when they encode to the same bytes, for some instrumentations make a scope object for each call.
 *
 * A scope is encoded at first sight. A resource is encoded when the first request needs it, for its attributes may be
 * detected later than the first spans end.
 *
 * Numbers that no held item has are used again: when the table has doubled, it asks which ones are in use. So its size
 * is bounded by the scopes of what is held, at no cost for an item.
 */
export class ScopeTable {
  private readonly idsHeld: () => ReadonlySet<number>;
  private readonly entries: (ScopeEntry | undefined)[] = [];
  private readonly freeIds: number[] = [];
  private readonly byKey = new Map<string, ScopeEntry>();
  private readonly byScope = new Map<InstrumentationScopeLike, ScopeEntry>();
  private byResource = new Map<ResourceLike, ResourceEntry>();
  private headerBytes = 0;
  private sweepAt = FIRST_SWEEP;
  private nextResourceNumber = 0;
  private lastScope: InstrumentationScopeLike | undefined;
  private lastResource: ResourceLike | undefined;
  private lastId = 0;

  /** @param idsHeld the ids of all items queued and out */
  constructor(idsHeld: () => ReadonlySet<number>) {
    this.idsHeld = idsHeld;
  }

  /** Pairs that have a number. */
  get size(): number {
    return this.byKey.size;
  }

  /** Bytes of the encoded headers and of the keys made of them. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const { header, key } of this.byKey.values()) bytes += sizeOf(header) + key.length;
    for (const { header } of this.byResource.values()) {
      if (header !== undefined) bytes += sizeOf(header);
    }
    return bytes;
  }

  /** Nearly always the pair of the call before, or one that was seen as these very objects. */
  idOf(resource: ResourceLike, scope: InstrumentationScopeLike): number {
    if (scope === this.lastScope && resource === this.lastResource) return this.lastId;
    const known = this.byScope.get(scope);
    const { id } = known !== undefined && known.resource.resource === resource ? known : this.lookUp(resource, scope);
    this.lastScope = scope;
    this.lastResource = resource;
    this.lastId = id;
    return id;
  }

  scopeHeaderOf(id: number): Header {
    return this.entryOf(id).header;
  }

  /** Kept once the resource is complete. */
  resourceHeaderOf(id: number): Header {
    const entry = this.entryOf(id).resource;
    if (entry.header !== undefined) return entry.header;
    const isComplete = !hasPendingAttributes(entry.resource);
    const header = headerOf(encodeResourceHeader(entry.resource));
    if (isComplete) entry.header = header;
    return header;
  }

  resourceOf(id: number): ResourceLike {
    return this.entryOf(id).resource.resource;
  }

  /** Whether any resource still waits for attributes. Nearly always none. */
  get hasPendingResources(): boolean {
    for (const { resource, header } of this.byResource.values()) {
      if (header === undefined && hasPendingAttributes(resource)) return true;
    }
    return false;
  }

  private entryOf(id: number): ScopeEntry {
    const entry = this.entries[id];
    if (entry === undefined) throw new Error(`no scope has the id ${id}`);
    return entry;
  }

  /** @throws UnencodableError for what is no resource or no scope, and where the scopes held take too much */
  private lookUp(resource: ResourceLike, scope: InstrumentationScopeLike): ScopeEntry {
    if (typeof resource !== 'object' || resource === null) throw new UnencodableError('it has no resource');
    if (typeof scope !== 'object' || scope === null) throw new UnencodableError('it has no instrumentation scope');
    const header = headerOf(encodeScopeHeader(scope));
    const resourceEntry = this.byResource.get(resource);
    let entry = resourceEntry && this.byKey.get(`${resourceEntry.number}:${header.key}`);
    entry ??= this.add(resource, header);
    if (this.byScope.size >= MAX_IDENTITIES) this.byScope.clear();
    this.byScope.set(scope, entry);
    return entry;
  }

  private add(resource: ResourceLike, header: Header): ScopeEntry {
    const isFull = this.headerBytes + header.bytes.length > MAX_HEADER_BYTES;
    if (isFull || this.byKey.size >= this.sweepAt) this.sweep();
    if (this.headerBytes + header.bytes.length > MAX_HEADER_BYTES) {
      throw new UnencodableError(`the instrumentation scopes that are held take more than ${MAX_HEADER_BYTES} bytes`);
    }
    this.headerBytes += header.bytes.length;
    let resourceEntry = this.byResource.get(resource);
    if (resourceEntry === undefined) {
      resourceEntry = { resource, number: this.nextResourceNumber, header: undefined };
      this.nextResourceNumber += 1;
      this.byResource.set(resource, resourceEntry);
    }
    const id = this.freeIds.pop() ?? this.entries.length;
    const entry = { id, resource: resourceEntry, header, key: `${resourceEntry.number}:${header.key}` };
    this.entries[id] = entry;
    this.byKey.set(entry.key, entry);
    return entry;
  }

  /** Doubling before the next one makes it cheap for each item, however many scopes are in use. */
  private sweep(): void {
    const held = this.idsHeld();
    const resources = new Map<ResourceLike, ResourceEntry>();
    for (const entry of this.byKey.values()) {
      if (held.has(entry.id)) {
        resources.set(entry.resource.resource, entry.resource);
        continue;
      }
      this.byKey.delete(entry.key);
      this.headerBytes -= entry.header.bytes.length;
      this.entries[entry.id] = undefined;
      this.freeIds.push(entry.id);
    }
    this.byResource = resources;
    this.byScope.clear();
    this.sweepAt = Math.max(FIRST_SWEEP, this.byKey.size * 2);
  }
}

function headerOf(bytes: Uint8Array): Header {
  return { bytes, key: keyOf(bytes) };
}

function sizeOf({ bytes, key }: Header): number {
  return bytes.length + key.length;
}

/** One character a byte: compares and hashes as the bytes do, at one byte of memory each. */
function keyOf(bytes: Uint8Array): string {
  let key = '';
  for (let start = 0; start < bytes.length; start += MAX_ARGUMENTS) {
    key += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(start, start + MAX_ARGUMENTS));
  }
  return key;
}
