import { diag } from '@opentelemetry/api';
import { describe, expect, it, vi } from 'vitest';
import type { CollectionResultLike, MetricProducerLike } from '../../src/index.ts';
import { collectionOf, sampleMetric } from '../sample-metrics.ts';
import { INTERVAL, type ReaderSetup, simulateTime } from './reader-setup.ts';

const producerOf = (collect: () => Promise<CollectionResultLike>): MetricProducerLike => ({ collect });

/** Where metrics come from: the SDK with its callbacks, and other producers. */
export function describeSources(setup: ReaderSetup): void {
  describe('a callback of an observable instrument', () => {
    it.each([
      [
        'throws',
        () => {
          throw new Error('no database');
        },
      ],
      ['rejects', () => Promise.reject(new Error('no database'))],
    ])('that %s costs only its own instrument, and is logged once', async (_, callback) => {
      simulateTime();
      const warn = vi.spyOn(diag, 'warn').mockReturnValue();
      const { meter, recorded } = setup.subject('cumulative', { exportIntervalMillis: 2_000 });
      meter.createObservableGauge('rows').addCallback(callback);
      recorded.next();
      await setup.pass(8_000);
      recorded.expectAt(setup.collector);
      expect(warn.mock.calls.flat()).toEqual([
        'BackpressureMetricReader: some metrics could not be collected: no database',
      ]);
    });

    it.each([
      ['the time limit', 3_000, 3_000],
      ['30 s if there is no limit', 0, 30_000],
    ])(
      'that hangs delays its collection by %s, and costs only its own instrument',
      async (_, exportTimeoutMillis, limit) => {
        simulateTime();
        vi.spyOn(diag, 'warn').mockReturnValue();
        const { meter, recorded } = setup.subject('delta', { exportTimeoutMillis });
        meter.createObservableGauge('rows').addCallback(() => new Promise(() => {}));
        recorded.next();
        await setup.pass(INTERVAL + limit - 500);
        expect(setup.collector.requests).toHaveLength(0);
        await setup.pass(1_000);
        recorded.expectAt(setup.collector);
        recorded.next();
        await setup.pass(INTERVAL + limit + 500);
        recorded.expectAt(setup.collector);
      },
    );

    it('is called once for each collection, and not while a delta is in hand', async () => {
      simulateTime();
      setup.collector.setFault({ kind: 'status', code: 503 });
      const { meter, recorded } = setup.subject('delta');
      const callback = vi.fn<() => void>();
      meter.createObservableGauge('rows').addCallback(callback);
      recorded.next();
      await setup.pass(5 * INTERVAL);
      expect(callback).toHaveBeenCalledTimes(1);
    });
  });

  it('that cannot be collected at all make a flush reject, because it has flushed nothing', async () => {
    vi.spyOn(diag, 'warn').mockReturnValue();
    const reader = setup.reader();
    reader.setMetricProducer(producerOf(() => Promise.reject(new Error('broken'))));
    await expect(reader.forceFlush()).rejects.toThrow(
      expect.objectContaining({ message: 'metrics could not be collected', cause: new Error('broken') }),
    );
  });

  it('are not collected any more after a shutdown, for anybody', async () => {
    const { reader } = setup.subject();
    await reader.shutdown();
    await expect(reader.collect()).rejects.toThrow('the metric reader is shut down');
  });

  describe('another producer of metrics', () => {
    it("is collected with the SDK's, and with the SDK's resource", async () => {
      const collected = collectionOf(sampleMetric());
      const producer = producerOf(async () => ({ resourceMetrics: collected, errors: [] }));
      const { reader, recorded } = setup.subject('cumulative', { metricProducers: [producer] });
      recorded.next();
      await reader.forceFlush();
      recorded.expectAt(setup.collector);
      const [point] = setup.collector.dataPoints().filter(({ metric }) => metric.name === 'requests');
      expect(point?.resource).toEqual(setup.collector.dataPoints()[0]?.resource);
    });

    it.each([
      [
        'throws',
        () => {
          throw new Error('broken');
        },
      ],
      ['rejects', () => Promise.reject(new Error('broken'))],
      ['hangs', () => new Promise<never>(() => {})],
      ['has nothing to say', () => Promise.resolve(null as never)],
    ])("that %s costs none of the SDK's metrics, and is logged", async (_, collect) => {
      const warn = vi.spyOn(diag, 'warn').mockReturnValue();
      const options = { metricProducers: [producerOf(collect)], exportTimeoutMillis: 200 };
      const { reader, recorded } = setup.subject('cumulative', options);
      recorded.next();
      await reader.forceFlush();
      recorded.expectAt(setup.collector);
      expect(warn.mock.calls.flat().join()).toMatch(/some metrics could not be collected: .*(broken|200 ms|null)/);
    });
  });
}
