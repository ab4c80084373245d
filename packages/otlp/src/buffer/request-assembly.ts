import type { ResourceLike } from '../encoding/item-encoder.ts';
import { hasPendingAttributes } from '../encoding/pending-attributes.ts';
import { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import type { Enclosure } from './enclosure.ts';
import type { EncodedBatch } from './encoded-batch.ts';
import type { Segment } from './segment.ts';

/**
 * If the items of a group lie in stretches shorter than this on average, they are copied together. Each chunk costs
 * about a third of a microsecond on its way to the socket, as much as allocating and copying this many bytes.
 */
const COPY_BELOW_BYTES = 1024;

/** The body of an OTLP export request of any signal. */
export interface AssembledRequest {
  /** In order. Some are views of the buffer's memory: read them only until the batch is put back or released. */
  readonly chunks: readonly Uint8Array[];
  /** Bytes of all chunks. */
  readonly byteLength: number;
}

/** A message in a request: of a resource, for example. */
interface Group {
  readonly enclosure: Enclosure;
  /** The messages in it; `undefined` if it has items. */
  readonly groups: Map<unknown, Group> | undefined;
  /** Bytes of the messages or items in it. */
  contentBytes: number;
  /** Stretches of neighbouring items. */
  stretches: number;
  /** Position of the items' bytes in the staging bytes, or of the chunks, if the items are not copied. */
  position: number;
  /** The items in place; `undefined` if they are copied. */
  chunks: Uint8Array[] | undefined;
}

/**
 * Puts headers and item bytes together: each resource once, each of its scopes once, items in order within a scope.
 * No item is encoded again, and items that lie together are not even copied.
 * @param enclosuresOf the messages around the items whose headers have that number, the outermost first: as many for
 *   each number, and at least one
 */
export function assembleRequest(
  batch: EncodedBatch,
  enclosuresOf: (headerId: number) => readonly Enclosure[],
): AssembledRequest {
  const { groups, groupOf } = groupByEnclosure(batch, enclosuresOf);
  const byteLength = measure(groups);
  const staging = layOut(groups, byteLength);
  forEachStretch(batch, (segment, first, end) => {
    const group = groupOf.get(segment.headerIdOf(first)) as Group;
    const items = segment.bytes.subarray(segment.startOf(first), segment.startOf(end));
    if (group.chunks !== undefined) {
      group.chunks.push(items);
      return;
    }
    staging.set(items, group.position);
    group.position += items.length;
  });
  return { chunks: chunksOf(groups, staging), byteLength };
}

/**
 * The resources in a batch whose attributes are still being detected, each once.
 * @param resourceOf the resource of the headers with that number, if it may still wait for attributes
 */
export function pendingResources(
  batch: EncodedBatch,
  resourceOf: (headerId: number) => ResourceLike | undefined,
): ResourceLike[] {
  const pending = new Set<ResourceLike>();
  forEachStretch(batch, (segment, first) => {
    const resource = resourceOf(segment.headerIdOf(first));
    if (hasPendingAttributes(resource)) pending.add(resource);
  });
  return [...pending];
}

function forEachStretch(batch: EncodedBatch, visit: (segment: Segment, first: number, end: number) => void): void {
  for (const { segment, first, end } of batch.runs) {
    for (let start = first; start < end;) {
      const next = segment.endOfHeader(start, end);
      visit(segment, start, next);
      start = next;
    }
  }
}

/** Numbers whose headers have the same bytes form one group: a program may create its resource more than once. */
function groupByEnclosure(batch: EncodedBatch, enclosuresOf: (headerId: number) => readonly Enclosure[]) {
  const groups = new Map<unknown, Group>();
  const groupOf = new Map<number, Group>();
  forEachStretch(batch, (segment, first, end) => {
    const id = segment.headerIdOf(first);
    let group = groupOf.get(id);
    if (group === undefined) {
      group = groupIn(groups, enclosuresOf(id));
      groupOf.set(id, group);
    }
    group.contentBytes += segment.byteLengthOf(first, end);
    group.stretches += 1;
  });
  return { groups, groupOf };
}

function groupIn(outermost: Map<unknown, Group>, enclosures: readonly Enclosure[]): Group {
  let groups = outermost;
  let group: Group | undefined;
  for (const [depth, enclosure] of enclosures.entries()) {
    group = groups.get(enclosure.key);
    if (group === undefined) {
      const hasItems = depth === enclosures.length - 1;
      group = {
        enclosure,
        groups: hasItems ? undefined : new Map<unknown, Group>(),
        contentBytes: 0,
        stretches: 0,
        position: 0,
        chunks: undefined,
      };
      groups.set(enclosure.key, group);
    }
    groups = group.groups ?? groups;
  }
  return group as Group;
}

/** Adds up the bytes of the messages in each message. @returns the bytes of all */
function measure(groups: ReadonlyMap<unknown, Group>): number {
  let bytes = 0;
  for (const group of groups.values()) {
    if (group.groups !== undefined) group.contentBytes = measure(group.groups);
    bytes += group.enclosure.byteLengthAround(group.contentBytes);
  }
  return bytes;
}

/** Writes every header, and leaves room behind it if its items will be copied. */
function layOut(groups: ReadonlyMap<unknown, Group>, byteLength: number): Uint8Array {
  const staging = new Uint8Array(byteLength - referToItems(groups));
  const writer = new ProtobufWriter(() => staging);
  writer.retarget(staging);
  putHeaders(writer, groups);
  return staging;
}

/** Decides which items are not copied. @returns their bytes */
function referToItems(groups: ReadonlyMap<unknown, Group>): number {
  let bytes = 0;
  for (const group of groups.values()) {
    if (group.groups !== undefined) bytes += referToItems(group.groups);
    else if (group.contentBytes >= group.stretches * COPY_BELOW_BYTES) {
      group.chunks = [];
      bytes += group.contentBytes;
    }
  }
  return bytes;
}

function putHeaders(writer: ProtobufWriter, groups: ReadonlyMap<unknown, Group>): void {
  for (const group of groups.values()) {
    group.enclosure.putBefore(writer, group.contentBytes);
    if (group.groups !== undefined) {
      putHeaders(writer, group.groups);
      continue;
    }
    group.position = writer.position;
    if (group.chunks === undefined) writer.position += group.contentBytes;
  }
}

/** Cuts the staging bytes at the places of items that were not copied. */
function chunksOf(groups: ReadonlyMap<unknown, Group>, staging: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let start = 0;
  const cut = (inner: ReadonlyMap<unknown, Group>): void => {
    for (const group of inner.values()) {
      if (group.groups !== undefined) cut(group.groups);
      else if (group.chunks !== undefined) {
        chunks.push(staging.subarray(start, group.position), ...group.chunks);
        start = group.position;
      }
    }
  };
  cut(groups);
  if (start < staging.length) chunks.push(staging.subarray(start));
  return chunks;
}
