import { randomBytes } from 'node:crypto';
import { wallTime } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import type { ReadableLogRecordLike } from '@spillway/logs';
import type { MetricDataLike, ResourceMetricsLike } from '@spillway/metrics';
import { type HrTimeLike, hrTimeOf } from '@spillway/otlp/encoding';
import type { ReadableSpanLike } from '@spillway/trace';

/** In seconds and nanoseconds, as in the SDK. */

const RESOURCE = { attributes: { 'service.name': 'spillway-doctor' } };
const SCOPE = { name: '@spillway/node' };

/** Numbers of the SDK and the API for a data point. */
const [GAUGE, CUMULATIVE, DOUBLE] = [2, 1, 1];

/** Makes an item of a signal, as its SDK would. */
export const PROBE_ITEMS: Readonly<Record<Signal, () => object>> = {
  traces: span,
  logs: logRecord,
  metrics: dataPoint,
};

function span(): ReadableSpanLike {
  const context = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), traceFlags: 1 };
  return {
    name: 'spillway doctor',
    kind: 0,
    spanContext: () => context,
    startTime: now(),
    endTime: now(),
    status: { code: 0 },
    attributes: {},
    links: [],
    events: [],
    resource: RESOURCE,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function logRecord(): ReadableLogRecordLike {
  return {
    hrTime: now(),
    hrTimeObserved: now(),
    severityNumber: 9,
    severityText: 'INFO',
    body: 'spillway doctor',
    resource: RESOURCE,
    instrumentationScope: SCOPE,
    attributes: {},
    droppedAttributesCount: 0,
  };
}

function dataPoint(): object {
  const point = { startTime: now(), endTime: now(), attributes: {}, value: 1 };
  const metric: MetricDataLike = {
    descriptor: { name: 'spillway.doctor', description: 'A probe', unit: '1', valueType: DOUBLE },
    dataPointType: GAUGE,
    aggregationTemporality: CUMULATIVE,
    dataPoints: [point],
  };
  const collection: ResourceMetricsLike = { resource: RESOURCE, scopeMetrics: [{ scope: SCOPE, metrics: [metric] }] };
  return { collection, resource: RESOURCE, scope: SCOPE, metric, point };
}

function now(): HrTimeLike {
  return hrTimeOf(wallTime());
}
