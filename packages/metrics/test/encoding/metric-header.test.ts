import { describe, expect, it } from 'vitest';
import { AGGREGATION_TEMPORALITY, DATA_POINT_TYPE } from '../../src/metric-data.ts';
import { sampleMetric, samplePoint } from '../sample-metrics.ts';
import { encodeMetrics } from './encoded-metrics.ts';

const { DELTA, CUMULATIVE } = AGGREGATION_TEMPORALITY;

describe('the header of a metric', () => {
  it('has its name, description, unit and metadata, once for all of its points', () => {
    const metric = sampleMetric({
      metadata: { 'prometheus.type': 'unknown', broken: () => {} },
      dataPoints: [samplePoint({ value: 1 }), samplePoint({ value: 2 })],
    });
    const { metrics, droppedAttributes } = encodeMetrics([metric]);
    expect(metrics).toMatchObject([
      {
        name: 'requests',
        description: 'Requests',
        unit: '{request}',
        metadata: [{ key: 'prometheus.type', value: { stringValue: 'unknown' } }],
        sum: { dataPoints: [{ asInt: '1' }, { asInt: '2' }] },
      },
    ]);
    expect(droppedAttributes).toEqual(['broken']);
  });

  it.each([
    ['sum', DATA_POINT_TYPE.SUM, DELTA, 'AGGREGATION_TEMPORALITY_DELTA'],
    ['sum', DATA_POINT_TYPE.SUM, CUMULATIVE, 'AGGREGATION_TEMPORALITY_CUMULATIVE'],
    ['sum', DATA_POINT_TYPE.SUM, 7, undefined],
    ['gauge', DATA_POINT_TYPE.GAUGE, CUMULATIVE, undefined],
  ] as const)('of a %s has its temporality', (kind, dataPointType, aggregationTemporality, said) => {
    const { metrics } = encodeMetrics([sampleMetric({ dataPointType, aggregationTemporality })]);
    expect(metrics[0]?.[kind]?.aggregationTemporality).toBe(said);
  });

  it.each([true, false])('of a sum says whether it is monotonic: %s', (isMonotonic) => {
    expect(encodeMetrics([sampleMetric({ isMonotonic })]).metrics[0]?.sum?.isMonotonic ?? false).toBe(isMonotonic);
  });

  it('of any length is sent', () => {
    for (const length of [0, 1, 100, 128, 5_000, 16_300, 20_000, 100_000]) {
      const metrics = [1, 2, 3].map((index) =>
        sampleMetric({ descriptor: { name: `metric ${index}`, description: 'é'.repeat(length) } }),
      );
      const encoded = encodeMetrics(metrics).metrics;
      expect(encoded.map(({ name, description = '' }) => [name, description.length])).toEqual(
        [1, 2, 3].map((index) => [`metric ${index}`, length]),
      );
    }
  });

  it('that is too large costs the points of its metric, and no others', () => {
    const large = sampleMetric({ descriptor: { name: 'large', description: 'x'.repeat(100_000) } });
    const { metrics, refused } = encodeMetrics([sampleMetric(), large, sampleMetric()], { maxItemBytes: 1_000 });
    expect(metrics.map(({ name }) => name)).toEqual(['requests', 'requests']);
    expect(refused).toEqual([expect.stringContaining('above the limit of 1000 bytes')]);
  });
});
