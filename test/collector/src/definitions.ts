import { createRequire } from 'node:module';
import { type OtlpMetric, pointsOf, type ReceivedDataPoint } from './metric-messages.ts';
import type {
  OtlpLogRecord,
  OtlpResource,
  OtlpScope,
  OtlpSpan,
  Origin,
  ReceivedLogRecord,
  ReceivedSpan,
} from './otlp-messages.ts';

interface ResourceGroup {
  readonly resource: OtlpResource | null;
  readonly schemaUrl: string | null;
}
interface ScopeGroup {
  readonly scope: OtlpScope | null;
  readonly schemaUrl: string | null;
}
interface SpansOfResource extends ResourceGroup {
  readonly scopeSpans: readonly (ScopeGroup & { readonly spans: readonly OtlpSpan[] })[];
}
interface LogRecordsOfResource extends ResourceGroup {
  readonly scopeLogs: readonly (ScopeGroup & { readonly logRecords: readonly OtlpLogRecord[] })[];
}

interface MetricsOfResource extends ResourceGroup {
  readonly scopeMetrics: readonly (ScopeGroup & { readonly metrics: readonly OtlpMetric[] })[];
}

interface Decoder<Message> {
  decode(body: Uint8Array): Message;
}

/** The part of the generated code that is used. Its own declarations say `protobuf.Root`, which names no message. */
interface GeneratedRoot {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: {
        readonly trace: {
          readonly v1: {
            readonly ExportTraceServiceRequest: Decoder<{ readonly resourceSpans: readonly SpansOfResource[] }>;
          };
        };
        readonly logs: {
          readonly v1: {
            readonly ExportLogsServiceRequest: Decoder<{ readonly resourceLogs: readonly LogRecordsOfResource[] }>;
          };
        };
        readonly metrics: {
          readonly v1: {
            readonly ExportMetricsServiceRequest: Decoder<{ readonly resourceMetrics: readonly MetricsOfResource[] }>;
          };
        };
      };
    };
  };
}

/** Decodes whole requests with upstream's generated code, into a flat list in the order of the request. */
export interface Definitions {
  decodeSpans(body: Uint8Array): ReceivedSpan[];
  decodeLogRecords(body: Uint8Array): ReceivedLogRecord[];
  decodeDataPoints(body: Uint8Array): ReceivedDataPoint[];
}

/** Loads the definitions on demand, so that a receiver that only counts ids starts without them. */
export async function loadDefinitions(): Promise<Definitions> {
  return requireDefinitions();
}

/** The same at once. This takes a moment in which the process does nothing else. */
export function requireDefinitions(): Definitions {
  const root: unknown = createRequire(import.meta.url)('otlp-protobuf-definitions/build/src/generated/root.js');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the generated declarations name no message
  const { trace, logs, metrics } = (root as GeneratedRoot).opentelemetry.proto.collector;
  return {
    decodeSpans: (body) =>
      trace.v1.ExportTraceServiceRequest.decode(body).resourceSpans.flatMap((group) =>
        group.scopeSpans.flatMap((scoped) => {
          const origin = originOf(group, scoped);
          return scoped.spans.map((span) => ({ span, ...origin }));
        }),
      ),
    decodeLogRecords: (body) =>
      logs.v1.ExportLogsServiceRequest.decode(body).resourceLogs.flatMap((group) =>
        group.scopeLogs.flatMap((scoped) => {
          const origin = originOf(group, scoped);
          return scoped.logRecords.map((logRecord) => ({ logRecord, ...origin }));
        }),
      ),
    decodeDataPoints: (body) =>
      metrics.v1.ExportMetricsServiceRequest.decode(body).resourceMetrics.flatMap((group) =>
        group.scopeMetrics.flatMap((scoped) => {
          const origin = originOf(group, scoped);
          return scoped.metrics.flatMap((metric) => {
            const { name, description, unit, metadata } = metric;
            const about = { metric: { name, description, unit, metadata }, ...origin };
            return pointsOf(metric).map((point) => ({ ...point, ...about }));
          });
        }),
      ),
  };
}

function originOf(group: ResourceGroup, scoped: ScopeGroup): Origin {
  return {
    resource: group.resource,
    resourceSchemaUrl: group.schemaUrl,
    scope: scoped.scope,
    scopeSchemaUrl: scoped.schemaUrl,
  };
}
