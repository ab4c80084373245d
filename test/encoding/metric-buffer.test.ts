import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  MetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { admissionTo } from '@spillway/backpressure';
import { forEachPoint, MetricBuffer, type ResourceMetricsLike } from '@spillway/metrics';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { recordEverything } from '../../packages/metrics/test/record-everything.ts';
import { sdk2Collections } from '../../packages/metrics/test/sdk-2-collections.ts';
import { anyCollection } from './collection-arbitrary.ts';
import { decodeRequest } from './request-of.ts';
import { expectCollectionSameAsUpstream } from './same-as-upstream.ts';

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

async function sdk3Collections(): Promise<ResourceMetrics[]> {
  const collections: ResourceMetrics[] = [];
  for (const temporality of [AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA]) {
    const reader = new ManualReader({ aggregationTemporalitySelector: () => temporality });
    const provider = new MeterProvider({
      resource: resourceFromAttributes({ 'service.name': 'shop' }, { schemaUrl: 'https://schemas.test/1' }),
      readers: [reader],
      views: [
        {
          instrumentName: '*.exponential',
          aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 20, recordMinMax: false } },
        },
      ],
    });
    recordEverything(provider.getMeter('@shop/http', '1.2.0', { schemaUrl: 'https://schemas.test/2' }));
    recordEverything(provider.getMeter('@shop/orders'));
    for (let collection = 0; collection < 2; collection += 1) {
      collections.push((await reader.collect()).resourceMetrics);
    }
    await provider.shutdown();
  }
  return collections;
}

/** Each point by itself, with everything that is around it. */
function pointsOf(requests: readonly Uint8Array[]): unknown[] {
  type Parts = Record<string, unknown>;
  type Kind = { dataPoints: unknown[] } & Parts;
  type Metric = Record<string, Kind | null> & { data: string };
  type Scope = { metrics: Metric[] } & Parts;
  type Request = { resourceMetrics: ({ scopeMetrics: Scope[] } & Parts)[] };
  return requests.flatMap((request) =>
    (decodeRequest('metrics', request) as Request).resourceMetrics.flatMap(({ scopeMetrics, ...resource }) =>
      scopeMetrics.flatMap(({ metrics, ...scope }) =>
        metrics.flatMap((metric) => {
          const { dataPoints, ...kind } = metric[metric.data] as Kind;
          return dataPoints.map((point) => ({ resource, scope, metric: { ...metric, [metric.data]: kind }, point }));
        }),
      ),
    ),
  );
}

describe('an encoded collection, read with upstream’s definitions', () => {
  it('is the same as upstream’s serializer makes, whatever the collection holds', () => {
    const buffer = new MetricBuffer();
    fc.assert(
      fc.property(anyCollection, (collection) =>
        expectCollectionSameAsUpstream(collection as ResourceMetricsLike, buffer),
      ),
      { numRuns: 150 },
    );
  });

  it.each<[string, () => Promise<ResourceMetricsLike[]>]>([
    ['3.x', sdk3Collections],
    ['2.x', sdk2Collections],
  ])('is the same for collections that the %s SDK made', async (_, collect) => {
    const collections = await collect();
    const kinds = collections.flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) => metrics.map(({ dataPointType }) => dataPointType)),
    );
    expect(new Set(kinds)).toEqual(new Set([0, 1, 2, 3]));
    for (const collection of collections) expectCollectionSameAsUpstream(collection);
  });

  it('has the same points if it is sent in several requests of any size', () => {
    const buffer = new MetricBuffer();
    fc.assert(
      fc.property(
        anyCollection,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 3_000 }),
        (one, items, bytes) => {
          const collection = one as ResourceMetricsLike;
          const push = (): void => forEachPoint(collection, (point) => void buffer.push(point, admissionTo(0)));
          const take = (maxItems: number, maxBytes: number): Buffer => {
            const batch = buffer.take(maxItems, maxBytes);
            expect(buffer.countOf(batch)).toBeGreaterThan(0);
            const request = Buffer.concat(buffer.assembleRequest(batch).chunks);
            buffer.release(batch);
            return request;
          };
          push();
          const whole = pointsOf([take(Infinity, Infinity)]);
          push();
          const parts: Buffer[] = [];
          while (buffer.size > 0) parts.push(take(items, bytes));
          expect(pointsOf(parts)).toEqual(whole);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the types that the buffer reads', () => {
  it('are compatible with those of both SDK lines', () => {
    expectTypeOf<ResourceMetrics>().toExtend<ResourceMetricsLike>();
    expectTypeOf<Awaited<ReturnType<typeof sdk2Collections>>[0]>().toExtend<ResourceMetricsLike>();
  });
});
