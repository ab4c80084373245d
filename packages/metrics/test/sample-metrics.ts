import type { CollectedPoint } from '../src/collected-point.ts';
import {
  AGGREGATION_TEMPORALITY,
  DATA_POINT_TYPE,
  type DataPointLike,
  type MetricDataLike,
  type ResourceMetricsLike,
  VALUE_TYPE,
} from '../src/metric-data.ts';

export const sampleResource = { attributes: { 'service.name': 'shop' } };
export const sampleScope = { name: '@shop/http', version: '1.2.0' };

export function samplePoint(fields: Partial<DataPointLike> = {}): DataPointLike {
  return { startTime: [1_700_000_000, 1], endTime: [1_700_000_060, 2], attributes: {}, value: 1, ...fields };
}

/** A counter, unless the fields say something else. */
export function sampleMetric(fields: Partial<MetricDataLike> = {}): MetricDataLike {
  return {
    descriptor: { name: 'requests', description: 'Requests', unit: '{request}', valueType: VALUE_TYPE.INT },
    dataPointType: DATA_POINT_TYPE.SUM,
    aggregationTemporality: AGGREGATION_TEMPORALITY.CUMULATIVE,
    isMonotonic: true,
    dataPoints: [samplePoint()],
    ...fields,
  };
}

/** A collection of one scope. */
export function collectionOf(...metrics: MetricDataLike[]): ResourceMetricsLike {
  return { resource: sampleResource, scopeMetrics: [{ scope: sampleScope, metrics }] };
}

/** One point, as the item of a buffer. */
export function collectedPoint(fields: Partial<CollectedPoint> = {}): CollectedPoint {
  return {
    collection: sampleCollection,
    collected: collectionOf(),
    resource: sampleResource,
    scope: sampleScope,
    metric: counter,
    point: samplePoint(),
    ...fields,
  };
}

const sampleCollection = {};
const counter = sampleMetric();
