import type { AssembledRequest } from '@spillway/otlp';
import protobuf from 'otlp-protobuf-definitions/build/src/generated/root.js';

interface MessageType {
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
  toObject(message: object, options: object): unknown;
}

/** The part of the generated code that is used. Its own declarations do not name any message. */
interface GeneratedRoot {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: {
        readonly metrics: { readonly v1: { readonly ExportMetricsServiceRequest: MessageType } };
      };
    };
  };
}

interface DecodedAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** A data point of any kind, as far as it has these fields. */
export interface DecodedPoint {
  readonly attributes?: readonly DecodedAttribute[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano?: string;
  readonly asInt?: string;
  readonly asDouble?: number;
  readonly flags?: number;
  readonly count?: string;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
  readonly scale?: number;
  readonly zeroCount?: string;
  readonly zeroThreshold?: number;
  readonly positive?: { readonly offset?: number; readonly bucketCounts?: readonly string[] };
  readonly negative?: { readonly offset?: number; readonly bucketCounts?: readonly string[] };
  readonly quantileValues?: readonly { readonly quantile?: number; readonly value?: number }[];
  readonly exemplars?: readonly DecodedExemplar[];
}

export interface DecodedExemplar {
  readonly filteredAttributes?: readonly DecodedAttribute[];
  readonly timeUnixNano?: string;
  readonly asInt?: string;
  readonly asDouble?: number;
  readonly traceId?: string;
  readonly spanId?: string;
}

interface DecodedKind {
  readonly dataPoints?: readonly DecodedPoint[];
  readonly aggregationTemporality?: string;
  readonly isMonotonic?: boolean;
}

export interface DecodedMetric {
  readonly name?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly metadata?: readonly DecodedAttribute[];
  readonly gauge?: DecodedKind;
  readonly sum?: DecodedKind;
  readonly histogram?: DecodedKind;
  readonly exponentialHistogram?: DecodedKind;
  readonly summary?: DecodedKind;
}

export interface DecodedRequest {
  readonly resourceMetrics?: readonly {
    readonly resource?: { readonly attributes?: readonly DecodedAttribute[] };
    readonly schemaUrl?: string;
    readonly scopeMetrics?: readonly {
      readonly scope?: { readonly name?: string };
      readonly schemaUrl?: string;
      readonly metrics?: readonly DecodedMetric[];
    }[];
  }[];
}

const { ExportMetricsServiceRequest } = (protobuf as unknown as GeneratedRoot).opentelemetry.proto.collector.metrics.v1;

/** Fields that are missing on the wire are missing here. Ids are in base 64. */
export function decodeRequest(request: AssembledRequest): DecodedRequest {
  return ExportMetricsServiceRequest.toObject(decodeMessage(request), {
    longs: String,
    bytes: String,
    enums: String,
  }) as DecodedRequest;
}

/** The message itself: faster for large requests, but its whole numbers are objects and its bytes are arrays. */
export function decodeMessage({ chunks, byteLength }: AssembledRequest): object {
  const bytes = Buffer.concat(chunks);
  if (bytes.length !== byteLength) throw new Error(`the chunks have ${bytes.length} bytes instead of ${byteLength}`);
  return ExportMetricsServiceRequest.decode(bytes);
}

export function metricsOf(request: DecodedRequest): DecodedMetric[] {
  return (request.resourceMetrics ?? []).flatMap(({ scopeMetrics = [] }) =>
    scopeMetrics.flatMap(({ metrics = [] }) => metrics),
  );
}

/** All data points of a request, in order. */
export function pointsOf(request: DecodedRequest): DecodedPoint[] {
  return metricsOf(request).flatMap(({ gauge, sum, histogram, exponentialHistogram, summary }) => {
    const kind = gauge ?? sum ?? histogram ?? exponentialHistogram ?? summary;
    return kind?.dataPoints ?? [];
  });
}
