import { ValueType } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { attributes, resource, scope, text, time } from './value-arbitraries.ts';

const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
const count = fc.oneof(fc.nat(), fc.maxSafeInteger().map(Math.abs));
const counts = fc.array(count, { maxLength: 5 });

const dataPoint = <Value>(value: fc.Arbitrary<Value>) =>
  fc.record({ attributes, startTime: time, endTime: time, value });

const histogram = fc.record({
  buckets: fc.record({ boundaries: fc.array(number, { maxLength: 5 }), counts }),
  count,
  sum: number,
  min: number,
  max: number,
});

const buckets = fc.record({ offset: fc.integer(), bucketCounts: counts });
const exponentialHistogram = fc.record({
  count,
  sum: number,
  min: number,
  max: number,
  scale: fc.integer({ min: -10, max: 20 }),
  zeroCount: count,
  positive: buckets,
  negative: buckets,
});

const descriptor = (valueType: ValueType) =>
  fc.record({ name: text, description: text, unit: text, valueType: fc.constant(valueType) });
const aggregationTemporality = fc.constantFrom(AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE);

const metric = (type: DataPointType, valueType: ValueType, value: fc.Arbitrary<unknown>) =>
  fc.record({
    dataPointType: fc.constant(type),
    descriptor: descriptor(valueType),
    aggregationTemporality,
    isMonotonic: fc.boolean(),
    dataPoints: fc.array(dataPoint(value), { maxLength: 3 }),
  });

/** What a metric reader collects, with every kind of data point that the SDK has. */
export const anyMetrics = fc.record({
  resource,
  scopeMetrics: fc.array(
    fc.record({
      scope,
      metrics: fc.array(
        fc.oneof(
          metric(DataPointType.SUM, ValueType.INT, fc.maxSafeInteger()),
          metric(DataPointType.SUM, ValueType.DOUBLE, number),
          metric(DataPointType.GAUGE, ValueType.INT, fc.maxSafeInteger()),
          metric(DataPointType.GAUGE, ValueType.DOUBLE, number),
          metric(DataPointType.HISTOGRAM, ValueType.DOUBLE, histogram),
          metric(DataPointType.EXPONENTIAL_HISTOGRAM, ValueType.DOUBLE, exponentialHistogram),
        ),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 2 },
  ),
}) as unknown as fc.Arbitrary<ResourceMetrics>;
