import { ProtobufWriter } from '../protobuf/protobuf-writer.ts';
import { AttributeEncoder } from './attribute-encoder.ts';
import { writeCountField, writeStringField } from './field.ts';
import type { InstrumentationScopeLike, ResourceLike } from './item-encoder.ts';
import { attributesByNow } from './pending-attributes.ts';
import {
  TAG_HEADER,
  TAG_RESOURCE_ATTRIBUTES,
  TAG_RESOURCE_DROPPED_ATTRIBUTES_COUNT,
  TAG_SCHEMA_URL,
  TAG_SCOPE_ATTRIBUTES,
  TAG_SCOPE_DROPPED_ATTRIBUTES_COUNT,
  TAG_SCOPE_NAME,
  TAG_SCOPE_VERSION,
} from './wire-tags.ts';

const FIRST_TARGET_BYTES = 1024;

/** Created with the first header, because it contains a cache. */
let attributeEncoder: AttributeEncoder | undefined;

/**
 * The resource in a `ResourceSpans` or `ResourceLogs`: the fields `resource` (1) and `schema_url` (3), to be put before
 * the scopes. Attributes that cannot be encoded are left out and counted. Never throws.
 */
export function encodeResourceHeader(resource: ResourceLike): Uint8Array {
  return encoded(writeResourceHeader, resource);
}

/**
 * The scope in a `ScopeSpans` or `ScopeLogs`: the fields `scope` (1) and `schema_url` (3), to be put before the items.
 * Attributes that cannot be encoded are left out and counted. Never throws.
 */
export function encodeScopeHeader(scope: InstrumentationScopeLike): Uint8Array {
  return encoded(writeScopeHeader, scope);
}

/**
 * Like {@link encodeResourceHeader}, to a writer.
 * @throws only what the writer's growth policy throws
 */
export function writeResourceHeader(resource: ResourceLike, writer: ProtobufWriter): void {
  writeOrNothing(writer, () => {
    writeMessage(writer, () => {
      const dropped = writeAttributes(writer, TAG_RESOURCE_ATTRIBUTES, attributesByNow(resource));
      writeCountField(writer, TAG_RESOURCE_DROPPED_ATTRIBUTES_COUNT, dropped);
    });
    writeStringField(writer, TAG_SCHEMA_URL, resource.schemaUrl);
  });
}

/**
 * Like {@link encodeScopeHeader}, to a writer.
 * @throws only what the writer's growth policy throws
 */
export function writeScopeHeader(scope: InstrumentationScopeLike, writer: ProtobufWriter): void {
  writeOrNothing(writer, () => {
    writeMessage(writer, () => {
      writeStringField(writer, TAG_SCOPE_NAME, scope.name);
      writeStringField(writer, TAG_SCOPE_VERSION, scope.version);
      const dropped = writeAttributes(writer, TAG_SCOPE_ATTRIBUTES, scope.attributes);
      writeCountField(writer, TAG_SCOPE_DROPPED_ATTRIBUTES_COUNT, (scope.droppedAttributesCount ?? 0) + dropped);
    });
    writeStringField(writer, TAG_SCHEMA_URL, scope.schemaUrl);
  });
}

function encoded<Source>(write: (source: Source, writer: ProtobufWriter) => void, source: Source): Uint8Array {
  const writer = new ProtobufWriter((needed) => new Uint8Array(Math.max(FIRST_TARGET_BYTES, needed * 2)));
  write(source, writer);
  return writer.bytes.slice(0, writer.position);
}

function writeOrNothing(writer: ProtobufWriter, write: () => void): void {
  const { offset } = writer;
  try {
    write();
  } catch (error) {
    if (error === writer.refusal) throw error;
    // A getter of the resource or scope itself threw. Its items are worth sending without it.
    writer.rewind(offset);
  }
}

function writeMessage(writer: ProtobufWriter, writeFields: () => void): void {
  writer.reserve(1);
  writer.bytes[writer.position++] = TAG_HEADER;
  const message = writer.openMessage();
  writeFields();
  writer.closeMessage(message);
}

function writeAttributes(
  writer: ProtobufWriter,
  tag: number,
  attributes: Readonly<Record<string, unknown>> | undefined,
): number {
  if (attributes === undefined || attributes === null) return 0;
  attributeEncoder ??= new AttributeEncoder();
  return attributeEncoder.write(writer, tag, attributes);
}
