import { existsSync, readFileSync } from 'node:fs';

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
  /** How many lines there are, including skipped ones. */
  readonly lines: number;
}

/** A line of the file exporter, by opentelemetry/proto/trace/v1/trace.proto and logs/v1/logs.proto. */
interface Line {
  readonly resourceSpans?: readonly (OfResource & {
    readonly scopeSpans?: readonly (OfScope & { readonly spans?: readonly JsonSpan[] })[];
  })[];
  readonly resourceLogs?: readonly (OfResource & {
    readonly scopeLogs?: readonly (OfScope & { readonly logRecords?: readonly JsonLogRecord[] })[];
  })[];
}

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
  const lines = files.flatMap(linesOf);
  for (const line of lines.slice(skip)) {
    const { resourceSpans = [], resourceLogs = [] } = JSON.parse(line) as Line;
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
  }
  return { spans, logRecords, lines: lines.length };
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
