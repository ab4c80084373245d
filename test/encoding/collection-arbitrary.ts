import { ValueType } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { attributes, resource, scope, text, time } from './value-arbitraries.ts';

const double = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 1, 0.1, 1e300, 5e-324, Number.NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 63)),
);
const whole = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(0, 1, -1, 2 ** 31, -(2 ** 32), 2 ** 53 - 1));
const count = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0, 127, 128, 2 ** 32 - 1, 2 ** 32));

const points = <Value>(value: fc.Arbitrary<Value>) =>
  fc.array(fc.record({ startTime: time, endTime: time, attributes, value }), { minLength: 1, maxLength: 4 });

const histogram = fc.record(
  {
    buckets: fc.record({ boundaries: fc.array(double, { maxLength: 20 }), counts: fc.array(count, { maxLength: 21 }) }),
    count,
    sum: double,
    min: double,
    max: double,
  },
  { requiredKeys: ['buckets', 'count'] },
);

const buckets = fc.record({
  offset: fc.integer(),
  bucketCounts: fc.array(count, { maxLength: 160, size: 'max', depthIdentifier: 'buckets' }),
});
const exponentialHistogram = fc.record(
  {
    count,
    sum: double,
    scale: fc.integer({ min: -10, max: 20 }),
    zeroCount: count,
    positive: buckets,
    negative: buckets,
    min: double,
    max: double,
  },
  { requiredKeys: ['count', 'scale', 'zeroCount', 'positive', 'negative'] },
);

const shared = {
  aggregationTemporality: fc.constantFrom(AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE),
};
const descriptor = (valueType: fc.Arbitrary<ValueType>) =>
  fc.record({ name: text, description: text, unit: text, valueType });
const anyType = fc.constantFrom(ValueType.INT, ValueType.DOUBLE);

const number = (type: DataPointType.GAUGE | DataPointType.SUM) => {
  const of = (valueType: ValueType, value: fc.Arbitrary<number>) =>
    fc.record({
      ...shared,
      descriptor: descriptor(fc.constant(valueType)),
      dataPointType: fc.constant(type),
      dataPoints: points(value),
      isMonotonic: fc.boolean(),
    });
  return fc.oneof(of(ValueType.INT, whole), of(ValueType.DOUBLE, double));
};

const metric = fc.oneof(
  number(DataPointType.GAUGE),
  number(DataPointType.SUM),
  fc.record({
    ...shared,
    descriptor: descriptor(anyType),
    dataPointType: fc.constant(DataPointType.HISTOGRAM),
    dataPoints: points(histogram),
  }),
  fc.record({
    ...shared,
    descriptor: descriptor(anyType),
    dataPointType: fc.constant(DataPointType.EXPONENTIAL_HISTOGRAM),
    dataPoints: points(exponentialHistogram),
  }),
);

/**
 * Collections as either SDK line could make them, of every kind of metric. Their scopes differ, because equal ones would
 * share a `ScopeMetrics`, and every metric has a point, because the item that is sent is a point.
 */
export const anyCollection = fc
  .record({
    resource,
    scopeMetrics: fc.uniqueArray(fc.record({ scope, metrics: fc.array(metric, { minLength: 1, maxLength: 4 }) }), {
      minLength: 1,
      maxLength: 3,
      selector: (scopeMetrics) => scopeMetrics.scope.name,
    }),
  })
  .map((collection) => collection as unknown as ResourceMetrics);
