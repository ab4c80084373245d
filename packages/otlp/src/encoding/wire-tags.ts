/**
 * Tags (field number << 3 | wire type) of the messages that all signals share, one byte each.
 * Source: opentelemetry/proto/common/v1/common.proto and resource/v1/resource.proto.
 */

/** `AnyValue`. The fields are a oneof: zero values are written, because otherwise they would read as "no value". */
export const TAG_STRING_VALUE = 0x0a;
export const TAG_BOOL_VALUE = 0x10;
export const TAG_INT_VALUE = 0x18;
export const TAG_DOUBLE_VALUE = 0x21;
export const TAG_ARRAY_VALUE = 0x2a;
export const TAG_KVLIST_VALUE = 0x32;
export const TAG_BYTES_VALUE = 0x3a;

/** `ArrayValue.values` and `KeyValueList.values`. */
export const TAG_LIST_ELEMENT = 0x0a;

/** `KeyValue`. */
export const TAG_KEY = 0x0a;
export const TAG_VALUE = 0x12;

/** `InstrumentationScope`. */
export const TAG_SCOPE_NAME = 0x0a;
export const TAG_SCOPE_VERSION = 0x12;
export const TAG_SCOPE_ATTRIBUTES = 0x1a;
export const TAG_SCOPE_DROPPED_ATTRIBUTES_COUNT = 0x20;

/** `Resource`. */
export const TAG_RESOURCE_ATTRIBUTES = 0x0a;
export const TAG_RESOURCE_DROPPED_ATTRIBUTES_COUNT = 0x10;

/** `ResourceSpans`, `ScopeSpans` and their log forms, which have the same numbers. */
export const TAG_HEADER = 0x0a;
export const TAG_ITEM = 0x12;
export const TAG_SCHEMA_URL = 0x1a;
