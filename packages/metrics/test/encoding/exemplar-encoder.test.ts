import { admissionTo } from '@spillway/backpressure';
import { describe, expect, it } from 'vitest';
import { MetricBuffer } from '../../src/buffer/metric-buffer.ts';
import { DATA_POINT_TYPE, type ExemplarLike, VALUE_TYPE } from '../../src/metric-data.ts';
import { collectedPoint, samplePoint } from '../sample-metrics.ts';
import { encodePoint } from './encoded-metrics.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const inBase64 = (id: string): string => Buffer.from(id, 'hex').toString('base64');

function exemplar(fields: Partial<ExemplarLike> = {}): ExemplarLike {
  return { filteredAttributes: { user: 'u1' }, value: 3, timestamp: [1_700_000_030, 5], traceId, spanId, ...fields };
}

const { GAUGE, SUM, HISTOGRAM, EXPONENTIAL_HISTOGRAM } = DATA_POINT_TYPE;
const buckets = { offset: 0, bucketCounts: [1] };
const valueOf = {
  [GAUGE]: 1,
  [SUM]: 1,
  [HISTOGRAM]: { buckets: { boundaries: [], counts: [1] }, count: 1 },
  [EXPONENTIAL_HISTOGRAM]: { count: 1, scale: 0, zeroCount: 0, positive: buckets, negative: buckets },
};

describe('an exemplar', () => {
  it.each([
    ['gauge', GAUGE],
    ['sum', SUM],
    ['histogram', HISTOGRAM],
    ['exponential histogram', EXPONENTIAL_HISTOGRAM],
  ] as const)('of a %s has its value, time, ids and filtered attributes', (_, dataPointType) => {
    const { point } = encodePoint(
      { dataPointType },
      { value: valueOf[dataPointType], exemplars: [exemplar(), exemplar({ value: 4 })] },
    );
    expect(point?.exemplars).toMatchObject([
      {
        filteredAttributes: [{ key: 'user', value: { stringValue: 'u1' } }],
        timeUnixNano: '1700000030000000005',
        asInt: '3',
        traceId: inBase64(traceId),
        spanId: inBase64(spanId),
      },
      { asInt: '4' },
    ]);
  });

  it('has a double if its instrument or its value has', () => {
    const double = { descriptor: { name: 'metric', valueType: VALUE_TYPE.DOUBLE } };
    expect(encodePoint(double, { exemplars: [exemplar()] }).point?.exemplars).toMatchObject([{ asDouble: 3 }]);
    expect(encodePoint({}, { exemplars: [exemplar({ value: 0.5 })] }).point?.exemplars).toMatchObject([
      { asDouble: 0.5 },
    ]);
  });

  it('may have been recorded outside any span, and have no attributes', () => {
    const bare = { value: 3, timestamp: [1_700_000_030, 5] } as unknown as ExemplarLike;
    const { point, droppedExemplars } = encodePoint({}, { exemplars: [bare] });
    expect(point?.exemplars).toEqual([{ asInt: '3', timeUnixNano: '1700000030000000005' }]);
    expect(droppedExemplars).toBe(0);
  });

  it.each(['', 'abc', 'x'.repeat(32), traceId.toUpperCase().slice(1)])('is sent without an invalid id: "%s"', (id) => {
    const { point } = encodePoint({}, { exemplars: [exemplar({ traceId: id, spanId: id })] });
    expect(point?.exemplars).toHaveLength(1);
    expect(point?.exemplars?.[0]).not.toHaveProperty('traceId');
    expect(point?.exemplars?.[0]).not.toHaveProperty('spanId');
  });

  it('is left out and counted if it cannot be encoded, and costs neither its point nor the other exemplars', () => {
    const unreadable = {
      ...exemplar(),
      get value(): number {
        throw new Error('poison');
      },
    };
    const exemplars = [
      exemplar({ value: 1 }),
      unreadable,
      undefined as never,
      exemplar({ value: 'x' as never }),
      exemplar({ value: 2 }),
    ];
    const { point, refused, droppedExemplars } = encodePoint({}, { exemplars });
    expect(point).toMatchObject({ asInt: '1', exemplars: [{ asInt: '1' }, { asInt: '2' }] });
    expect([refused, droppedExemplars]).toEqual([[], 3]);
  });

  it('loses the attributes that cannot be encoded, and is sent', () => {
    const { point, droppedAttributes } = encodePoint(
      {},
      { exemplars: [exemplar({ filteredAttributes: { call: () => {}, user: 1 } })] },
    );
    expect(point?.exemplars?.[0]?.filteredAttributes?.map(({ key }) => key)).toEqual(['user']);
    expect(droppedAttributes).toEqual(['call']);
  });
});

describe('a data point that is too large with its exemplars', () => {
  const exemplars = Array.from({ length: 10 }, (_, value) =>
    exemplar({ value, filteredAttributes: { fill: 'x'.repeat(200) } }),
  );

  function bytesWith(count: number): number {
    if (count > exemplars.length) return Infinity;
    const point = samplePoint({ exemplars: exemplars.slice(0, count) });
    return new MetricBuffer().push(collectedPoint({ point }), admissionTo(0));
  }

  it.each([60, 300, 1_000, 1_500, 2_000, 4_000])('is sent with those that fit into %i bytes', (maxItemBytes) => {
    const { point, refused, droppedExemplars } = encodePoint({}, { exemplars }, { maxItemBytes });
    const kept = point?.exemplars?.length ?? 0;
    expect(refused).toEqual([]);
    expect(point?.asInt).toBe('1');
    expect(kept + droppedExemplars).toBe(10);
    expect(bytesWith(kept)).toBeLessThanOrEqual(maxItemBytes);
    // Lengths may take a few bytes more, so the next exemplar may be given up although it would just fit.
    expect(bytesWith(kept + 1)).toBeGreaterThan(maxItemBytes - 8);
  });

  it('is sent if a single exemplar is larger than any point may be', () => {
    const large = exemplar({ filteredAttributes: { fill: [['x'.repeat(100_000)]] } });
    const { point, droppedExemplars } = encodePoint(
      {},
      { exemplars: [exemplar(), large, exemplar()] },
      { maxItemBytes: 10_000 },
    );
    expect(point?.exemplars).toHaveLength(1);
    expect(droppedExemplars).toBe(2);
  });

  it('is refused only if it is too large without them', () => {
    const attributes = { fill: 'x'.repeat(300) };
    const { points, refused } = encodePoint({}, { attributes, exemplars }, { maxItemBytes: 300 });
    expect(points).toEqual([]);
    expect(refused).toEqual([expect.stringContaining('above the limit of 300 bytes')]);
  });
});
