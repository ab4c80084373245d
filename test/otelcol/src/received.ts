import { existsSync, readFileSync } from 'node:fs';

/** The kinds of metrics, as they are named in OTLP's JSON. */
const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;

/** An attribute in OTLP's JSON. Other kinds of value are kept as they are. */
export interface JsonKeyValue {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}

export interface JsonSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState?: string;
  readonly name?: string;
}

export interface JsonLogRecord {
  readonly traceId?: string;
  readonly body?: { readonly stringValue?: string };
  readonly attributes?: readonly JsonKeyValue[];
}

/** A data point with everything that its request says about its metric. */
export interface JsonDataPoint {
  readonly metric: { readonly name?: string };
  /** The temporality, and whether the metric is monotonic. */
  readonly data: { readonly aggregationTemporality?: number };
  /** The name of the field that `data` is in: `gauge`, `sum` and so on. */
  readonly kind: string;
  readonly point: JsonPoint;
}

interface JsonPoint {
  readonly attributes?: readonly JsonKeyValue[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano?: string;
  /** A number of 64 bits is a string. */
  readonly asInt?: string;
  readonly asDouble?: number;
  readonly count?: string;
}

/** An item with everything that its request says about it. */
export interface Placed<Item> {
  readonly resource: unknown;
  readonly resourceSchemaUrl: string | undefined;
  readonly scope: unknown;
  readonly scopeSchemaUrl: string | undefined;
  readonly item: Item;
}

export interface Received {
  /** In the order in which they were written. */
  readonly spans: readonly Placed<JsonSpan>[];
  readonly logRecords: readonly Placed<JsonLogRecord>[];
  readonly dataPoints: readonly Placed<JsonDataPoint>[];
  /** How many lines there are, including skipped ones. */
  readonly lines: number;
}

/** A line of the file exporter, by trace/v1/trace.proto, logs/v1/logs.proto and metrics/v1/metrics.proto of opentelemetry/proto. */
interface Line {
  readonly resourceSpans?: readonly (OfResource & {
    readonly scopeSpans?: readonly (OfScope & { readonly spans?: readonly JsonSpan[] })[];
  })[];
  readonly resourceLogs?: readonly (OfResource & {
    readonly scopeLogs?: readonly (OfScope & { readonly logRecords?: readonly JsonLogRecord[] })[];
  })[];
  readonly resourceMetrics?: readonly (OfResource & {
    readonly scopeMetrics?: readonly (OfScope & { readonly metrics?: readonly JsonMetric[] })[];
  })[];
}

/** Its name and so on, and one of the kinds. */
type JsonMetric = { readonly name?: string } & {
  readonly [Kind in (typeof KINDS)[number]]?: { readonly dataPoints?: readonly JsonPoint[] };
};

interface OfResource {
  readonly resource?: unknown;
  readonly schemaUrl?: string;
}

interface OfScope {
  readonly scope?: unknown;
  readonly schemaUrl?: string;
}

/**
 * Reads files of the file exporter. Files that do not exist count as empty.
 * @param skip number of lines to skip, because they were read before
 */
export function readReceived(files: readonly string[], skip = 0): Received {
  const spans: Placed<JsonSpan>[] = [];
  const logRecords: Placed<JsonLogRecord>[] = [];
  const dataPoints: Placed<JsonDataPoint>[] = [];
  const lines = files.flatMap(linesOf);
  for (const line of lines.slice(skip)) {
    const { resourceSpans = [], resourceLogs = [], resourceMetrics = [] } = JSON.parse(line) as Line;
    for (const ofResource of resourceSpans) {
      for (const ofScope of ofResource.scopeSpans ?? []) {
        for (const item of ofScope.spans ?? []) spans.push(placed(ofResource, ofScope, item));
      }
    }
    for (const ofResource of resourceLogs) {
      for (const ofScope of ofResource.scopeLogs ?? []) {
        for (const item of ofScope.logRecords ?? []) logRecords.push(placed(ofResource, ofScope, item));
      }
    }
    for (const ofResource of resourceMetrics) {
      for (const ofScope of ofResource.scopeMetrics ?? []) {
        const items = (ofScope.metrics ?? []).flatMap(dataPointsOf);
        for (const item of items) dataPoints.push(placed(ofResource, ofScope, item));
      }
    }
  }
  return { spans, logRecords, dataPoints, lines: lines.length };
}

function dataPointsOf(metric: JsonMetric): JsonDataPoint[] {
  return KINDS.flatMap((kind) => {
    const { [kind]: ofKind, ...about } = metric;
    if (ofKind === undefined) return [];
    const { dataPoints = [], ...data } = ofKind;
    return dataPoints.map((point) => ({ metric: about, kind, data, point }));
  });
}

function placed<Item>(ofResource: OfResource, ofScope: OfScope, item: Item): Placed<Item> {
  return {
    resource: ofResource.resource,
    resourceSchemaUrl: ofResource.schemaUrl,
    scope: ofScope.scope,
    scopeSchemaUrl: ofScope.schemaUrl,
    item,
  };
}

/** The last line is incomplete if the Collector was killed while writing it. Its items were not acknowledged then. */
function linesOf(file: string): string[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  const last = lines.pop() ?? '';
  return isWhole(last) ? [...lines, last] : lines;
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
