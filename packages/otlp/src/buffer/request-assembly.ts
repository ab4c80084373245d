import type { ResourceLike } from '../encoding/item-encoder.ts';
import { hasPendingAttributes } from '../encoding/pending-attributes.ts';
import { copyBytes } from '../protobuf/copy-bytes.ts';
import { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import type { Enclosure } from './enclosure.ts';
import type { EncodedBatch } from './encoded-batch.ts';
import { type Group, Groups } from './request-groups.ts';
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

/**
 * Puts headers and item bytes together: each resource once, each of its scopes once, items in order within a scope.
 * No item is encoded again, and items that lie together are not even copied.
 * @param enclosuresOf the messages around the items whose headers have that number, the outermost first: as many for
 *   each number, and at least one. The array may be another one's at the next call
 */
export function assembleRequest(
  batch: EncodedBatch,
  enclosuresOf: (headerId: number) => readonly Enclosure[],
): AssembledRequest {
  const { groups, ofStretches } = groupByEnclosure(batch, enclosuresOf);
  const inPlace: Group[] = [];
  const byteLength = measure(groups, inPlace);
  const staging = layOut(groups, inPlace, byteLength);
  let stretch = 0;
  forEachStretch(batch, (segment, first, end) => {
    const group = ofStretches[stretch] as Group;
    stretch += 1;
    const start = segment.startOf(first);
    const stop = segment.startOf(end);
    if (group.chunks !== undefined) {
      group.chunks.push(segment.bytes.subarray(start, stop));
      return;
    }
    copyBytes(segment.bytes, start, stop, staging, group.position);
    group.position += stop - start;
  });
  return { chunks: chunksOf(inPlace, staging), byteLength };
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
  const groups = new Groups();
  /** The groups that were found last, the outermost first: probably those of the next items, but for the innermost. */
  const path: Group[] = [];
  /** So that scopes which take turns are not searched for by their headers. */
  const groupOf = new Map<number, Group>();
  /** The group of each stretch, in order. */
  const ofStretches: Group[] = [];
  let lastId = -1;
  let group: Group | undefined;
  forEachStretch(batch, (segment, first, end) => {
    const id = segment.headerIdOf(first);
    if (group === undefined || id !== lastId) {
      group = groupOf.get(id);
      if (group === undefined) {
        group = groupIn(groups, enclosuresOf(id), path);
        if (group.enclosure.key !== undefined) groupOf.set(id, group);
      }
      lastId = id;
    }
    group.contentBytes += segment.byteLengthOf(first, end);
    group.stretches += 1;
    ofStretches.push(group);
  });
  return { groups, ofStretches };
}

function groupIn(outermost: Groups, enclosures: readonly Enclosure[], path: Group[]): Group {
  let groups = outermost;
  for (let depth = 0; ; depth += 1) {
    const enclosure = enclosures[depth] as Enclosure;
    let group = path[depth];
    if (group === undefined || group.enclosure !== enclosure) {
      group = groups.findOrAdd(enclosure);
      path[depth] = group;
      // Setting the length takes longer than all of this. It is right already if only the innermost message is new.
      if (path.length > depth + 1) path.length = depth + 1;
    }
    if (depth === enclosures.length - 1) return group;
    groups = group.groups ??= new Groups();
  }
}

/** Adds up the bytes of messages, and of the messages in them. @param inPlace receives those whose items are not copied */
function measure(groups: Groups, inPlace: Group[]): number {
  let bytes = 0;
  for (const group of groups.inOrder) {
    if (group.groups !== undefined) group.contentBytes = measure(group.groups, inPlace);
    else if (group.contentBytes >= group.stretches * COPY_BELOW_BYTES) {
      group.chunks = [];
      inPlace.push(group);
    }
    bytes += group.enclosure.byteLengthAround(group.contentBytes);
  }
  return bytes;
}

/** Writes every header, and leaves room behind it if its items will be copied. */
function layOut(groups: Groups, inPlace: readonly Group[], byteLength: number): Uint8Array {
  const staging = new Uint8Array(inPlace.reduce((bytes, { contentBytes }) => bytes - contentBytes, byteLength));
  const writer = new ProtobufWriter(() => staging);
  writer.retarget(staging);
  putHeaders(writer, groups);
  return staging;
}

function putHeaders(writer: ProtobufWriter, groups: Groups): void {
  for (const group of groups.inOrder) {
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
function chunksOf(inPlace: readonly Group[], staging: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (const group of inPlace) {
    chunks.push(staging.subarray(start, group.position), ...(group.chunks ?? []));
    start = group.position;
  }
  if (start < staging.length) chunks.push(staging.subarray(start));
  return chunks;
}
