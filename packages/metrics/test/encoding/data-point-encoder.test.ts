import { describe, expect, it } from 'vitest';
import { DATA_POINT_TYPE, type DataPointLike, type MetricDataLike, VALUE_TYPE } from '../../src/metric-data.ts';
import { sampleMetric, samplePoint } from '../sample-metrics.ts';
import { encodeMetrics, encodePoint } from './encoded-metrics.ts';

const { GAUGE, SUM, HISTOGRAM, EXPONENTIAL_HISTOGRAM, SUMMARY } = DATA_POINT_TYPE;

const histogram = { buckets: { boundaries: [1, 2], counts: [1, 0, 2] }, count: 3, sum: 7.5, min: 0.5, max: 4 };
const exponential = {
  count: 4,
  sum: 7.5,
  scale: 3,
  zeroCount: 1,
  positive: { offset: -2, bucketCounts: [1, 0, 1] },
  negative: { offset: 5, bucketCounts: [1] },
};
const summary = {
  count: 10,
  sum: 55,
  quantileValues: [
    { quantile: 0.5, value: 5 },
    { quantile: 1, value: 10 },
  ],
};
const valueOf: Record<string, DataPointLike['value']> = {
  [GAUGE]: 1,
  [SUM]: 1,
  [HISTOGRAM]: histogram,
  [EXPONENTIAL_HISTOGRAM]: exponential,
  [SUMMARY]: summary,
};
const kinds = [
  ['gauge', GAUGE],
  ['sum', SUM],
  ['histogram', HISTOGRAM],
  ['exponential histogram', EXPONENTIAL_HISTOGRAM],
  ['summary', SUMMARY],
] as const;

const throwing = (): never => {
  throw new Error('poison');
};

function withValueType(valueType: number | undefined): Partial<MetricDataLike> {
  return { descriptor: { name: 'metric', valueType }, dataPointType: GAUGE };
}

describe('the value of a number data point', () => {
  it.each<[string, unknown, object]>([
    ['zero', 0, { asInt: '0' }],
    ['minus zero', -0, { asInt: '0' }],
    ['-1', -1, { asInt: '-1' }],
    ['2^31', 2 ** 31, { asInt: '2147483648' }],
    ['-2^32', -(2 ** 32), { asInt: '-4294967296' }],
    ['-2^32 - 1', -(2 ** 32) - 1, { asInt: '-4294967297' }],
    ['2^53', 2 ** 53, { asInt: '9007199254740992' }],
    ['-2^63', -(2 ** 63), { asInt: '-9223372036854775808' }],
    ['2^63, which is no int64', 2 ** 63, { asDouble: 2 ** 63 }],
    ['a fraction', 1.5, { asDouble: 1.5 }],
    ['a negative fraction', -1.5, { asDouble: -1.5 }],
    ['NaN', Number.NaN, { asDouble: Number.NaN }],
    ['infinity', Infinity, { asDouble: Infinity }],
    ['a bigint', 2n ** 62n + 1n, { asInt: '4611686018427387905' }],
    ['a negative bigint', -(2n ** 63n), { asInt: '-9223372036854775808' }],
    ['a bigint that is no int64', 2n ** 63n, { asDouble: 2 ** 63 }],
  ])('of an instrument of whole numbers keeps its meaning: %s', (_, value, expected) => {
    const { point } = encodePoint(withValueType(VALUE_TYPE.INT), { value: value as number });
    expect({ asInt: point?.asInt, asDouble: point?.asDouble }).toEqual(expected);
  });

  it.each<[string, number | bigint, number]>([
    ['a whole number', 7, 7],
    ['minus zero', -0, -0],
    ['NaN', Number.NaN, Number.NaN],
    ['minus infinity', -Infinity, -Infinity],
    ['a bigint', 7n, 7],
  ])('of another instrument is a double: %s', (_, value, asDouble) => {
    for (const valueType of [VALUE_TYPE.DOUBLE, undefined]) {
      const { point } = encodePoint(withValueType(valueType), { value });
      expect(point?.asDouble).toBe(asDouble);
      expect(point).not.toHaveProperty('asInt');
    }
  });

  it('may be missing if the point says so by its flags', () => {
    const { point } = encodePoint(withValueType(VALUE_TYPE.INT), { value: undefined, flags: 1 });
    expect(point).toMatchObject({ flags: 1, timeUnixNano: '1700000060000000002' });
    expect(point).not.toHaveProperty('asInt');
    expect(point).not.toHaveProperty('asDouble');
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', '5'],
    ['an object', {}],
    ['a symbol', Symbol('five')],
  ])('is refused if it is not a number: %s', (_, value) => {
    expect(encodePoint(withValueType(VALUE_TYPE.INT), { value: value as never })).toMatchObject({
      points: [],
      refused: [expect.stringContaining('a value is a number')],
    });
  });
});

describe('a data point', () => {
  it.each(kinds)('of a %s has its attributes, times and flags', (_, dataPointType) => {
    const { point } = encodePoint(
      { dataPointType },
      { value: valueOf[dataPointType], attributes: { route: '/', status: 200 }, flags: 2 },
    );
    expect(point).toMatchObject({
      attributes: [
        { key: 'route', value: { stringValue: '/' } },
        { key: 'status', value: { intValue: '200' } },
      ],
      startTimeUnixNano: '1700000000000000001',
      timeUnixNano: '1700000060000000002',
      flags: 2,
    });
  });

  it.each(kinds)('of a %s has no start if that is unknown', (_, dataPointType) => {
    const { point } = encodePoint({ dataPointType }, { value: valueOf[dataPointType], startTime: undefined as never });
    expect(point?.startTimeUnixNano ?? '0').toBe('0');
    expect(point?.timeUnixNano).toBe('1700000060000000002');
  });

  it('of a histogram has its buckets, and its sum, minimum and maximum only if they are known', () => {
    const { point } = encodePoint({ dataPointType: HISTOGRAM }, { value: histogram });
    expect(point).toMatchObject({
      count: '3',
      sum: 7.5,
      min: 0.5,
      max: 4,
      bucketCounts: ['1', '0', '2'],
      explicitBounds: [1, 2],
    });
    const { buckets, count } = histogram;
    const { point: bare } = encodePoint({ dataPointType: HISTOGRAM }, { value: { buckets, count } });
    expect(bare).toMatchObject({ count: '3', explicitBounds: [1, 2] });
    for (const field of ['sum', 'min', 'max']) expect(bare).not.toHaveProperty(field);
  });

  it('of a histogram without buckets has none', () => {
    const value = { buckets: { boundaries: [], counts: [] }, count: 3, sum: 7.5 };
    const { point } = encodePoint({ dataPointType: HISTOGRAM }, { value });
    expect(point).toMatchObject({ count: '3', sum: 7.5 });
    expect(point?.bucketCounts ?? []).toEqual([]);
    expect(point?.explicitBounds ?? []).toEqual([]);
  });

  it('of an exponential histogram has all that the protocol has', () => {
    const value = { ...exponential, zeroThreshold: 0.001, min: -1, max: 3 };
    expect(encodePoint({ dataPointType: EXPONENTIAL_HISTOGRAM }, { value }).point).toMatchObject({
      count: '4',
      sum: 7.5,
      scale: 3,
      zeroCount: '1',
      zeroThreshold: 0.001,
      positive: { offset: -2, bucketCounts: ['1', '0', '1'] },
      negative: { offset: 5, bucketCounts: ['1'] },
      min: -1,
      max: 3,
    });
  });

  it('of a summary has its quantiles', () => {
    expect(encodePoint({ dataPointType: SUMMARY }, { value: summary }).point).toMatchObject({
      count: '10',
      sum: 55,
      quantileValues: [
        { quantile: 0.5, value: 5 },
        { quantile: 1, value: 10 },
      ],
    });
  });

  it.each<[string, unknown, string]>([
    ['2^32', 2 ** 32, '4294967296'],
    ['2^53 - 1', 2 ** 53 - 1, '9007199254740991'],
    ['2^60', 2 ** 60, '1152921504606846976'],
    ['a fraction, of which the whole part counts', 3.7, '3'],
    ['a bigint', 2n ** 64n - 1n, '18446744073709551615'],
  ])('has counts of any size: %s', (_, count, said) => {
    const of = (dataPointType: MetricDataLike['dataPointType'], value: unknown) =>
      encodePoint({ dataPointType }, { value: value as never }).point;
    const buckets = { boundaries: [], counts: [count] };
    expect(of(HISTOGRAM, { buckets, count })).toMatchObject({ count: said, bucketCounts: [said] });
    const value = { ...exponential, count, zeroCount: count, positive: { offset: 0, bucketCounts: [count, 1] } };
    expect(of(EXPONENTIAL_HISTOGRAM, value)).toMatchObject({
      count: said,
      zeroCount: said,
      positive: { bucketCounts: [said, '1'] },
    });
  });

  it('keeps NaN and infinities in every field that is a double', () => {
    const value = {
      ...histogram,
      sum: Number.NaN,
      min: -Infinity,
      max: Infinity,
      buckets: { boundaries: [-Infinity, Number.NaN], counts: [1, 1, 1] },
    };
    expect(encodePoint({ dataPointType: HISTOGRAM }, { value }).point).toMatchObject({
      sum: Number.NaN,
      min: -Infinity,
      max: Infinity,
      explicitBounds: [-Infinity, Number.NaN],
    });
  });
});

describe('a data point that cannot be encoded', () => {
  const poison: [string, string | number, () => Partial<DataPointLike>][] = [
    [
      'a getter of its value throws',
      GAUGE,
      () => Object.defineProperty({}, 'value', { get: throwing, enumerable: true }),
    ],
    ['its histogram is missing', HISTOGRAM, () => ({ value: undefined })],
    ['its buckets are missing', HISTOGRAM, () => ({ value: { count: 1 } as never })],
    ['a count is negative', HISTOGRAM, () => ({ value: { ...histogram, count: -1 } })],
    ['a count is not a number', HISTOGRAM, () => ({ value: { ...histogram, count: '3' as never } })],
    [
      'a bucket is missing',
      HISTOGRAM,
      () => ({ value: { ...histogram, buckets: { boundaries: [1], counts: [1, undefined as never] } } }),
    ],
    [
      'a bound is text',
      HISTOGRAM,
      () => ({ value: { ...histogram, buckets: { boundaries: ['1' as never], counts: [1, 1] } } }),
    ],
    ['a sum is text', HISTOGRAM, () => ({ value: { ...histogram, sum: '7' as never } })],
    ['a scale is a fraction', EXPONENTIAL_HISTOGRAM, () => ({ value: { ...exponential, scale: 0.5 } })],
    [
      'an offset is too large',
      EXPONENTIAL_HISTOGRAM,
      () => ({ value: { ...exponential, positive: { offset: 2 ** 31, bucketCounts: [1] } } }),
    ],
    [
      'a bucket count is negative',
      EXPONENTIAL_HISTOGRAM,
      () => ({ value: { ...exponential, negative: { offset: 0, bucketCounts: [-1] } } }),
    ],
    [
      'it says that it has more buckets than fit anywhere',
      EXPONENTIAL_HISTOGRAM,
      () => ({ value: { ...exponential, positive: { offset: 0, bucketCounts: { length: 2 ** 40 } as never } } }),
    ],
    ['its quantiles are missing', SUMMARY, () => ({ value: { count: 1, sum: 1 } as never })],
    [
      'a quantile throws',
      SUMMARY,
      () => ({
        value: {
          ...summary,
          quantileValues: [
            {
              quantile: 1,
              get value(): number {
                return throwing();
              },
            },
          ],
        },
      }),
    ],
    ['its kind is unknown', 7, () => ({})],
  ];

  it.each(poison)('is refused, and costs no other point: %s', (_, dataPointType, fields) => {
    const good = samplePoint({ value: valueOf[dataPointType] ?? 1, attributes: { good: true } });
    const bad = Object.defineProperties(samplePoint(), Object.getOwnPropertyDescriptors(fields()));
    const metric = sampleMetric({ dataPointType, dataPoints: [good, bad, good] });
    const { points, refused } = encodeMetrics([metric, sampleMetric()]);
    const isKnown = dataPointType !== 7;
    expect(points).toHaveLength(isKnown ? 3 : 1);
    expect(refused).toHaveLength(isKnown ? 1 : 3);
  });

  it('is each point of a metric that cannot be read', () => {
    const unreadable = {
      ...sampleMetric({ dataPoints: [samplePoint(), samplePoint()] }),
      get descriptor() {
        return throwing();
      },
    };
    const { points, refused } = encodeMetrics([sampleMetric(), unreadable, sampleMetric()]);
    expect(points).toHaveLength(2);
    expect(refused).toEqual(['reading the metric threw an error', 'reading the metric threw an error']);
  });

  it('gives up attributes first: those that cannot be encoded are left out and reported', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const attributes = {
      first: 1,
      cyclic,
      call: throwing,
      get getter() {
        return throwing();
      },
      last: [1, 'two'],
    };
    for (const [, dataPointType] of kinds) {
      const { point, refused, droppedAttributes } = encodePoint(
        { dataPointType },
        { value: valueOf[dataPointType], attributes },
      );
      expect(point?.attributes?.map(({ key }) => key)).toEqual(['first', 'last']);
      expect(droppedAttributes).toEqual(['cyclic', 'call', 'getter']);
      expect(refused).toEqual([]);
    }
  });
});
