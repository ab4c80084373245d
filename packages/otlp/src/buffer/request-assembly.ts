import type { ResourceLike } from '../encoding/item-encoder.ts';
import { hasPendingAttributes } from '../encoding/pending-attributes.ts';
import { ProtobufWriter, varintSize } from '../protobuf/protobuf-writer.ts';
import type { EncodedBatch } from './encoded-batch.ts';
import type { ScopeTable } from './scope-table.ts';
import type { Segment } from './segment.ts';

/**
 * If the items of a scope lie in stretches shorter than this on average, they are copied together. Each chunk costs
 * about a third of a microsecond on its way to the socket, as much as allocating and copying this many bytes.
 */
const COPY_BELOW_BYTES = 1024;

/** `resource_spans` of `ExportTraceServiceRequest`, `resource_logs` of `ExportLogsServiceRequest`: field 1, LEN. */
const RESOURCE_TAG = 0x0a;

/** `scope_spans` of `ResourceSpans`, `scope_logs` of `ResourceLogs`: field 2, LEN. */
const SCOPE_TAG = 0x12;

/** The body of an `ExportTraceServiceRequest` or `ExportLogsServiceRequest`. */
export interface AssembledRequest {
  /** In order. Some are views of the buffer's memory: read them only until the batch is put back or released. */
  readonly chunks: readonly Uint8Array[];
  /** Bytes of all chunks. */
  readonly byteLength: number;
}

/** The items of one scope in a request. */
interface ScopeGroup {
  /** One character for each byte. */
  readonly header: string;
  /** Bytes of the items. */
  itemBytes: number;
  /** Stretches of neighbouring items. */
  stretches: number;
  /** Position of the items' bytes in the staging bytes, or of the chunks, if the items are not copied. */
  position: number;
  /** The items in place; `undefined` if they are copied. */
  chunks: Uint8Array[] | undefined;
}

/** The scopes of one resource in a request. */
interface ResourceGroup {
  /** One character for each byte. */
  readonly header: string;
  readonly scopes: Map<string, ScopeGroup>;
}

/**
 * Puts headers and item bytes together: each resource once, each of its scopes once, items in order within a scope.
 * No item is encoded again, and items that lie together are not even copied.
 */
export function assembleRequest(batch: EncodedBatch, scopes: ScopeTable): AssembledRequest {
  const { resources, groupOf } = groupByScope(batch, scopes);
  const byteLengths = resources.map(byteLengthOf);
  const staging = layOut(resources, byteLengths);
  forEachStretch(batch, (segment, first, end) => {
    const group = groupOf.get(segment.scopeIdOf(first)) as ScopeGroup;
    const items = segment.bytes.subarray(segment.startOf(first), segment.startOf(end));
    if (group.chunks !== undefined) {
      group.chunks.push(items);
      return;
    }
    staging.set(items, group.position);
    group.position += items.length;
  });
  return {
    chunks: chunksOf(resources, staging),
    byteLength: byteLengths.reduce((sum, length) => sum + fieldSize(length), 0),
  };
}

/** The resources in a batch whose attributes are still being detected, each once. */
export function pendingResources(batch: EncodedBatch, scopes: ScopeTable): ResourceLike[] {
  if (!scopes.hasPendingResources) return [];
  const pending = new Set<ResourceLike>();
  forEachStretch(batch, (segment, first) => {
    const resource = scopes.pendingResourceOf(segment.scopeIdOf(first));
    if (hasPendingAttributes(resource)) pending.add(resource);
  });
  return [...pending];
}

function forEachStretch(batch: EncodedBatch, visit: (segment: Segment, first: number, end: number) => void): void {
  for (const { segment, first, end } of batch.runs) {
    for (let start = first; start < end;) {
      const next = segment.endOfScope(start, end);
      visit(segment, start, next);
      start = next;
    }
  }
}

/** Ids whose headers have the same bytes form one group: a program may create its resource more than once. */
function groupByScope(batch: EncodedBatch, scopes: ScopeTable) {
  const resources = new Map<string, ResourceGroup>();
  const groupOf = new Map<number, ScopeGroup>();
  forEachStretch(batch, (segment, first, end) => {
    const id = segment.scopeIdOf(first);
    let group = groupOf.get(id);
    if (group === undefined) {
      group = groupIn(resources, scopes, id);
      groupOf.set(id, group);
    }
    group.itemBytes += segment.startOf(end) - segment.startOf(first);
    group.stretches += 1;
  });
  return { resources: [...resources.values()], groupOf };
}

function groupIn(resources: Map<string, ResourceGroup>, scopes: ScopeTable, id: number): ScopeGroup {
  const resourceHeader = scopes.resourceHeaderOf(id);
  let resource = resources.get(resourceHeader);
  if (resource === undefined) {
    resource = { header: resourceHeader, scopes: new Map() };
    resources.set(resourceHeader, resource);
  }
  const scopeHeader = scopes.scopeHeaderOf(id);
  let group = resource.scopes.get(scopeHeader);
  if (group === undefined) {
    group = { header: scopeHeader, itemBytes: 0, stretches: 0, position: 0, chunks: undefined };
    resource.scopes.set(scopeHeader, group);
  }
  return group;
}

/** Bytes of a `ResourceSpans` or `ResourceLogs`. */
function byteLengthOf({ header, scopes }: ResourceGroup): number {
  let byteLength = header.length;
  for (const scope of scopes.values()) byteLength += fieldSize(scope.header.length + scope.itemBytes);
  return byteLength;
}

/** Bytes of a field whose message has that many: a tag of one byte, the length, the message. */
function fieldSize(byteLength: number): number {
  return 1 + varintSize(byteLength) + byteLength;
}

/** Writes every header, and leaves room behind it if its items will be copied. */
function layOut(resources: readonly ResourceGroup[], byteLengths: readonly number[]): Uint8Array {
  let stagingBytes = 0;
  for (const [index, { scopes }] of resources.entries()) {
    stagingBytes += fieldSize(byteLengths[index] as number);
    for (const group of scopes.values()) {
      if (group.itemBytes < group.stretches * COPY_BELOW_BYTES) continue;
      group.chunks = [];
      stagingBytes -= group.itemBytes;
    }
  }
  const staging = new Uint8Array(stagingBytes);
  const writer = new ProtobufWriter(() => staging);
  writer.retarget(staging);
  for (const [index, { header, scopes }] of resources.entries()) {
    putHeader(writer, RESOURCE_TAG, byteLengths[index] as number, header);
    for (const group of scopes.values()) {
      putHeader(writer, SCOPE_TAG, group.header.length + group.itemBytes, group.header);
      group.position = writer.position;
      if (group.chunks === undefined) writer.position += group.itemBytes;
    }
  }
  return staging;
}

function putHeader(writer: ProtobufWriter, tag: number, byteLength: number, header: string): void {
  writer.putVarint(tag);
  writer.putVarint(byteLength);
  const { bytes, position } = writer;
  for (let index = 0; index < header.length; index += 1) bytes[position + index] = header.charCodeAt(index);
  writer.position = position + header.length;
}

/** Cuts the staging bytes at the places of items that were not copied. */
function chunksOf(resources: readonly ResourceGroup[], staging: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (const { scopes } of resources) {
    for (const group of scopes.values()) {
      if (group.chunks === undefined) continue;
      chunks.push(staging.subarray(start, group.position), ...group.chunks);
      start = group.position;
    }
  }
  if (start < staging.length) chunks.push(staging.subarray(start));
  return chunks;
}
