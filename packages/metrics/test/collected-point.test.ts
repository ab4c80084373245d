import { describe, expect, it } from 'vitest';
import { type CollectedPoint, forEachPoint } from '../src/collected-point.ts';
import type { ResourceMetricsLike } from '../src/metric-data.ts';
import { collectionOf, sampleMetric, samplePoint, sampleResource, sampleScope } from './sample-metrics.ts';

const throwing = (): never => {
  throw new Error('poison');
};

function visited(collection: ResourceMetricsLike): CollectedPoint[] {
  const points: CollectedPoint[] = [];
  forEachPoint(collection, (point) => void points.push({ ...point }));
  return points;
}

describe('the points of a collection', () => {
  it('are visited in order, with the metric, scope and resource of each', () => {
    const [one, two, three] = [1, 2, 3].map((value) => samplePoint({ value }));
    const first = sampleMetric({ dataPoints: [one as never, two as never] });
    const second = sampleMetric({ dataPoints: [three as never] });
    const points = visited(collectionOf(first, sampleMetric({ dataPoints: [] }), second));
    const shared = {
      resource: sampleResource,
      scope: sampleScope,
      collection: points[0]?.collection,
      collected: points[0]?.collected,
    };
    expect(points).toEqual([
      { ...shared, metric: first, point: one },
      { ...shared, metric: first, point: two },
      { ...shared, metric: second, point: three },
    ]);
  });

  it('are shown by one object, and each visit of a collection has an identity of its own', () => {
    const cursors = new Set<CollectedPoint>();
    const identities = new Set<object>();
    const collection = collectionOf(sampleMetric(), sampleMetric());
    for (let visit = 0; visit < 2; visit += 1) {
      forEachPoint(collection, (point) => {
        cursors.add(point);
        identities.add(point.collection);
      });
    }
    expect([cursors.size, identities.size]).toEqual([2, 2]);
  });

  const good = sampleMetric();
  it.each<[string, number, unknown]>([
    [
      'no resource',
      1,
      {
        scopeMetrics: [{ scope: sampleScope, metrics: [good] }],
        get resource() {
          return throwing();
        },
      },
    ],
    [
      'no scopes',
      1,
      {
        resource: sampleResource,
        get scopeMetrics() {
          return throwing();
        },
      },
    ],
    ['nothing', 1, undefined],
    [
      'a scope without metrics',
      2,
      { resource: sampleResource, scopeMetrics: [{ scope: sampleScope }, { scope: sampleScope, metrics: [good] }] },
    ],
    [
      'a metric without points',
      3,
      collectionOf(
        good,
        {
          ...good,
          get dataPoints() {
            return throwing();
          },
        },
        good,
      ),
    ],
    ['a metric that is missing', 3, collectionOf(good, undefined as never, good)],
  ])('that can be read are visited, and the rest counts as one: %s', (_, count, collection) => {
    const points = visited(collection as ResourceMetricsLike);
    expect(points).toHaveLength(count);
    expect(points.filter(({ point, resource }) => point === undefined || resource === undefined)).toHaveLength(1);
  });
});
