import { admissionTo } from '@spillway/backpressure';
import { MetricBuffer, type MetricBufferOptions } from '../../src/buffer/metric-buffer.ts';
import { forEachPoint } from '../../src/collected-point.ts';
import type { DataPointLike, MetricDataLike } from '../../src/metric-data.ts';
import { type DecodedMetric, type DecodedPoint, decodeRequest, metricsOf, pointsOf } from '../decode-request.ts';
import { collectionOf, sampleMetric, samplePoint } from '../sample-metrics.ts';

export interface EncodedMetrics {
  readonly metrics: DecodedMetric[];
  readonly points: DecodedPoint[];
  /** The messages of the errors of points that could not be encoded. */
  readonly refused: string[];
  readonly droppedAttributes: string[];
  readonly droppedExemplars: number;
}

/** Encodes the points of metrics, and reads the request that carries them. */
export function encodeMetrics(metrics: readonly MetricDataLike[], options: MetricBufferOptions = {}): EncodedMetrics {
  const droppedAttributes: string[] = [];
  let droppedExemplars = 0;
  const buffer = new MetricBuffer({
    onAttributeDropped: (key) => void droppedAttributes.push(key),
    onExemplarsDropped: (count) => void (droppedExemplars += count),
    ...options,
  });
  const refused: string[] = [];
  forEachPoint(collectionOf(...metrics), (point) => {
    try {
      buffer.push(point, admissionTo(0));
    } catch (error) {
      refused.push((error as Error).message);
    }
  });
  const request = decodeRequest(buffer.assembleRequest(buffer.take(Infinity, Infinity)));
  return { metrics: metricsOf(request), points: pointsOf(request), refused, droppedAttributes, droppedExemplars };
}

/** The same for one point. */
export function encodePoint(
  metric: Partial<MetricDataLike>,
  point: Partial<DataPointLike>,
  options?: MetricBufferOptions,
): EncodedMetrics & { readonly point: DecodedPoint | undefined } {
  const encoded = encodeMetrics([sampleMetric({ ...metric, dataPoints: [samplePoint(point)] })], options);
  return { ...encoded, point: encoded.points[0] };
}
