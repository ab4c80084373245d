/** How the value of a field is encoded in protobuf. An enum is an `int32`. */
export type ScalarKind =
  | 'string'
  | 'bytes'
  /** Bytes of a trace or span id, which OTLP/JSON writes in hex. */
  | 'id'
  | 'bool'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double';

/** The messages of OTLP requests. */
export type MessageName =
  | 'ExportTraceServiceRequest'
  | 'ResourceSpans'
  | 'ScopeSpans'
  | 'Span'
  | 'SpanEvent'
  | 'SpanLink'
  | 'Status'
  | 'ExportLogsServiceRequest'
  | 'ResourceLogs'
  | 'ScopeLogs'
  | 'LogRecord'
  | 'ExportMetricsServiceRequest'
  | 'ResourceMetrics'
  | 'ScopeMetrics'
  | 'Metric'
  | 'Gauge'
  | 'Sum'
  | 'Histogram'
  | 'ExponentialHistogram'
  | 'Summary'
  | 'NumberDataPoint'
  | 'HistogramDataPoint'
  | 'ExponentialHistogramDataPoint'
  | 'Buckets'
  | 'SummaryDataPoint'
  | 'ValueAtQuantile'
  | 'Exemplar'
  | 'Resource'
  | 'EntityRef'
  | 'InstrumentationScope'
  | 'KeyValue'
  | 'AnyValue'
  | 'ArrayValue'
  | 'KeyValueList';

type Kind = ScalarKind | MessageName;

/** Name in JSON, kind (with `[]` if it is repeated), and the name of the oneof that the field belongs to. */
type FieldRow = readonly [name: string, kind: Kind | `${Kind}[]`, oneof?: string];

/** The fields of a message by their numbers. */
type MessageRows = Readonly<Record<number, FieldRow>>;

/** The fields that a resource's or a scope's list has, whatever the signal. */
const resourceItems = (list: string, scope: MessageName): MessageRows => ({
  1: ['resource', 'Resource'],
  2: [list, `${scope}[]`],
  3: ['schemaUrl', 'string'],
});
const scopeItems = (list: string, item: MessageName): MessageRows => ({
  1: ['scope', 'InstrumentationScope'],
  2: [list, `${item}[]`],
  3: ['schemaUrl', 'string'],
});

/**
 * Every field of OTLP requests.
 * Source: opentelemetry-proto 1.9, trace.proto, logs.proto, metrics.proto, common.proto, resource.proto. Fields for
 * profiles, and deprecated ones, are left out.
 */
export const MESSAGE_FIELDS: Readonly<Record<MessageName, MessageRows>> = {
  ExportTraceServiceRequest: { 1: ['resourceSpans', 'ResourceSpans[]'] },
  ResourceSpans: resourceItems('scopeSpans', 'ScopeSpans'),
  ScopeSpans: scopeItems('spans', 'Span'),
  Span: {
    1: ['traceId', 'id'],
    2: ['spanId', 'id'],
    3: ['traceState', 'string'],
    4: ['parentSpanId', 'id'],
    5: ['name', 'string'],
    6: ['kind', 'int32'],
    7: ['startTimeUnixNano', 'fixed64'],
    8: ['endTimeUnixNano', 'fixed64'],
    9: ['attributes', 'KeyValue[]'],
    10: ['droppedAttributesCount', 'uint32'],
    11: ['events', 'SpanEvent[]'],
    12: ['droppedEventsCount', 'uint32'],
    13: ['links', 'SpanLink[]'],
    14: ['droppedLinksCount', 'uint32'],
    15: ['status', 'Status'],
    16: ['flags', 'fixed32'],
  },
  SpanEvent: {
    1: ['timeUnixNano', 'fixed64'],
    2: ['name', 'string'],
    3: ['attributes', 'KeyValue[]'],
    4: ['droppedAttributesCount', 'uint32'],
  },
  SpanLink: {
    1: ['traceId', 'id'],
    2: ['spanId', 'id'],
    3: ['traceState', 'string'],
    4: ['attributes', 'KeyValue[]'],
    5: ['droppedAttributesCount', 'uint32'],
    6: ['flags', 'fixed32'],
  },
  Status: { 2: ['message', 'string'], 3: ['code', 'int32'] },

  ExportLogsServiceRequest: { 1: ['resourceLogs', 'ResourceLogs[]'] },
  ResourceLogs: resourceItems('scopeLogs', 'ScopeLogs'),
  ScopeLogs: scopeItems('logRecords', 'LogRecord'),
  LogRecord: {
    1: ['timeUnixNano', 'fixed64'],
    2: ['severityNumber', 'int32'],
    3: ['severityText', 'string'],
    5: ['body', 'AnyValue'],
    6: ['attributes', 'KeyValue[]'],
    7: ['droppedAttributesCount', 'uint32'],
    8: ['flags', 'fixed32'],
    9: ['traceId', 'id'],
    10: ['spanId', 'id'],
    11: ['observedTimeUnixNano', 'fixed64'],
    12: ['eventName', 'string'],
  },

  ExportMetricsServiceRequest: { 1: ['resourceMetrics', 'ResourceMetrics[]'] },
  ResourceMetrics: resourceItems('scopeMetrics', 'ScopeMetrics'),
  ScopeMetrics: scopeItems('metrics', 'Metric'),
  Metric: {
    1: ['name', 'string'],
    2: ['description', 'string'],
    3: ['unit', 'string'],
    5: ['gauge', 'Gauge', 'data'],
    7: ['sum', 'Sum', 'data'],
    9: ['histogram', 'Histogram', 'data'],
    10: ['exponentialHistogram', 'ExponentialHistogram', 'data'],
    11: ['summary', 'Summary', 'data'],
    12: ['metadata', 'KeyValue[]'],
  },
  Gauge: { 1: ['dataPoints', 'NumberDataPoint[]'] },
  Sum: { 1: ['dataPoints', 'NumberDataPoint[]'], 2: ['aggregationTemporality', 'int32'], 3: ['isMonotonic', 'bool'] },
  Histogram: { 1: ['dataPoints', 'HistogramDataPoint[]'], 2: ['aggregationTemporality', 'int32'] },
  ExponentialHistogram: {
    1: ['dataPoints', 'ExponentialHistogramDataPoint[]'],
    2: ['aggregationTemporality', 'int32'],
  },
  Summary: { 1: ['dataPoints', 'SummaryDataPoint[]'] },
  NumberDataPoint: {
    2: ['startTimeUnixNano', 'fixed64'],
    3: ['timeUnixNano', 'fixed64'],
    4: ['asDouble', 'double', 'value'],
    5: ['exemplars', 'Exemplar[]'],
    6: ['asInt', 'sfixed64', 'value'],
    7: ['attributes', 'KeyValue[]'],
    8: ['flags', 'uint32'],
  },
  HistogramDataPoint: {
    2: ['startTimeUnixNano', 'fixed64'],
    3: ['timeUnixNano', 'fixed64'],
    4: ['count', 'fixed64'],
    5: ['sum', 'double'],
    6: ['bucketCounts', 'fixed64[]'],
    7: ['explicitBounds', 'double[]'],
    8: ['exemplars', 'Exemplar[]'],
    9: ['attributes', 'KeyValue[]'],
    10: ['flags', 'uint32'],
    11: ['min', 'double'],
    12: ['max', 'double'],
  },
  ExponentialHistogramDataPoint: {
    1: ['attributes', 'KeyValue[]'],
    2: ['startTimeUnixNano', 'fixed64'],
    3: ['timeUnixNano', 'fixed64'],
    4: ['count', 'fixed64'],
    5: ['sum', 'double'],
    6: ['scale', 'sint32'],
    7: ['zeroCount', 'fixed64'],
    8: ['positive', 'Buckets'],
    9: ['negative', 'Buckets'],
    10: ['flags', 'uint32'],
    11: ['exemplars', 'Exemplar[]'],
    12: ['min', 'double'],
    13: ['max', 'double'],
    14: ['zeroThreshold', 'double'],
  },
  Buckets: { 1: ['offset', 'sint32'], 2: ['bucketCounts', 'uint64[]'] },
  SummaryDataPoint: {
    2: ['startTimeUnixNano', 'fixed64'],
    3: ['timeUnixNano', 'fixed64'],
    4: ['count', 'fixed64'],
    5: ['sum', 'double'],
    6: ['quantileValues', 'ValueAtQuantile[]'],
    7: ['attributes', 'KeyValue[]'],
    8: ['flags', 'uint32'],
  },
  ValueAtQuantile: { 1: ['quantile', 'double'], 2: ['value', 'double'] },
  Exemplar: {
    2: ['timeUnixNano', 'fixed64'],
    3: ['asDouble', 'double', 'value'],
    4: ['spanId', 'id'],
    5: ['traceId', 'id'],
    6: ['asInt', 'sfixed64', 'value'],
    7: ['filteredAttributes', 'KeyValue[]'],
  },

  Resource: {
    1: ['attributes', 'KeyValue[]'],
    2: ['droppedAttributesCount', 'uint32'],
    3: ['entityRefs', 'EntityRef[]'],
  },
  EntityRef: {
    1: ['schemaUrl', 'string'],
    2: ['type', 'string'],
    3: ['idKeys', 'string[]'],
    4: ['descriptionKeys', 'string[]'],
  },
  InstrumentationScope: {
    1: ['name', 'string'],
    2: ['version', 'string'],
    3: ['attributes', 'KeyValue[]'],
    4: ['droppedAttributesCount', 'uint32'],
  },
  KeyValue: { 1: ['key', 'string'], 2: ['value', 'AnyValue'] },
  AnyValue: {
    1: ['stringValue', 'string', 'value'],
    2: ['boolValue', 'bool', 'value'],
    3: ['intValue', 'int64', 'value'],
    4: ['doubleValue', 'double', 'value'],
    5: ['arrayValue', 'ArrayValue', 'value'],
    6: ['kvlistValue', 'KeyValueList', 'value'],
    7: ['bytesValue', 'bytes', 'value'],
  },
  ArrayValue: { 1: ['values', 'AnyValue[]'] },
  KeyValueList: { 1: ['values', 'KeyValue[]'] },
};
