/** The messages of OTLP for metrics, decoded as those in `otlp-messages.ts`. */
import type { Integer64, Origin, OtlpKeyValue } from './otlp-messages.ts';

export interface OtlpExemplar {
  readonly filteredAttributes: readonly OtlpKeyValue[];
  readonly timeUnixNano: Integer64 | null;
  readonly asDouble: number | null;
  readonly asInt: Integer64 | null;
  readonly spanId: Uint8Array | null;
  readonly traceId: Uint8Array | null;
}

interface OtlpDataPoint {
  readonly attributes: readonly OtlpKeyValue[];
  readonly startTimeUnixNano: Integer64 | null;
  readonly timeUnixNano: Integer64 | null;
  readonly flags: number | null;
}

export interface OtlpNumberDataPoint extends OtlpDataPoint {
  readonly asDouble: number | null;
  readonly asInt: Integer64 | null;
  readonly exemplars: readonly OtlpExemplar[];
}

export interface OtlpHistogramDataPoint extends OtlpDataPoint {
  readonly count: Integer64 | null;
  readonly sum: number | null;
  readonly bucketCounts: readonly Integer64[];
  readonly explicitBounds: readonly number[];
  readonly exemplars: readonly OtlpExemplar[];
  readonly min: number | null;
  readonly max: number | null;
}

export interface OtlpBuckets {
  readonly offset: number | null;
  readonly bucketCounts: readonly Integer64[];
}

export interface OtlpExponentialHistogramDataPoint extends OtlpDataPoint {
  readonly count: Integer64 | null;
  readonly sum: number | null;
  readonly scale: number | null;
  readonly zeroCount: Integer64 | null;
  readonly positive: OtlpBuckets | null;
  readonly negative: OtlpBuckets | null;
  readonly exemplars: readonly OtlpExemplar[];
  readonly min: number | null;
  readonly max: number | null;
  readonly zeroThreshold: number | null;
}

export interface OtlpSummaryDataPoint extends OtlpDataPoint {
  readonly count: Integer64 | null;
  readonly sum: number | null;
  readonly quantileValues: readonly { readonly quantile: number | null; readonly value: number | null }[];
}

/** `AggregationTemporality` of OTLP. */
export const TEMPORALITY = { delta: 1, cumulative: 2 } as const;

interface OfPoints<Point> {
  readonly dataPoints: readonly Point[];
}
interface WithTemporality {
  readonly aggregationTemporality: number | null;
}

/** A metric with its points; all kinds but one are null. */
export interface OtlpMetric {
  readonly name: string | null;
  readonly description: string | null;
  readonly unit: string | null;
  readonly metadata: readonly OtlpKeyValue[];
  readonly gauge: OfPoints<OtlpNumberDataPoint> | null;
  readonly sum: (OfPoints<OtlpNumberDataPoint> & WithTemporality & { readonly isMonotonic: boolean | null }) | null;
  readonly histogram: (OfPoints<OtlpHistogramDataPoint> & WithTemporality) | null;
  readonly exponentialHistogram: (OfPoints<OtlpExponentialHistogramDataPoint> & WithTemporality) | null;
  readonly summary: OfPoints<OtlpSummaryDataPoint> | null;
}

/** A data point by the kind of its metric. */
export type DataPointOfKind =
  | { readonly kind: 'gauge'; readonly point: OtlpNumberDataPoint }
  | {
      readonly kind: 'sum';
      readonly point: OtlpNumberDataPoint;
      readonly temporality: number | null;
      readonly isMonotonic: boolean | null;
    }
  | { readonly kind: 'histogram'; readonly point: OtlpHistogramDataPoint; readonly temporality: number | null }
  | {
      readonly kind: 'exponentialHistogram';
      readonly point: OtlpExponentialHistogramDataPoint;
      readonly temporality: number | null;
    }
  | { readonly kind: 'summary'; readonly point: OtlpSummaryDataPoint };

/** A data point that was accepted, with what its request says about its metric. */
export type ReceivedDataPoint = Origin &
  DataPointOfKind & {
    readonly metric: Pick<OtlpMetric, 'name' | 'description' | 'unit' | 'metadata'>;
  };

/** In the order of the message. */
export function pointsOf({ gauge, sum, histogram, exponentialHistogram, summary }: OtlpMetric): DataPointOfKind[] {
  return [
    ...(gauge?.dataPoints ?? []).map((point) => ({ kind: 'gauge' as const, point })),
    ...(sum?.dataPoints ?? []).map((point) => ({
      kind: 'sum' as const,
      point,
      temporality: sum?.aggregationTemporality ?? null,
      isMonotonic: sum?.isMonotonic ?? null,
    })),
    ...(histogram?.dataPoints ?? []).map((point) => ({
      kind: 'histogram' as const,
      point,
      temporality: histogram?.aggregationTemporality ?? null,
    })),
    ...(exponentialHistogram?.dataPoints ?? []).map((point) => ({
      kind: 'exponentialHistogram' as const,
      point,
      temporality: exponentialHistogram?.aggregationTemporality ?? null,
    })),
    ...(summary?.dataPoints ?? []).map((point) => ({ kind: 'summary' as const, point })),
  ];
}
