import { diag } from '@opentelemetry/api';
import { describe, expect, it, vi } from 'vitest';
import type { ReaderSetup } from './reader-setup.ts';

/** The OTLP exporter with upstream's reader, which knows no retries. */
export function describeUnderUpstream(setup: ReaderSetup): void {
  describe("the OTLP exporter under upstream's PeriodicExportingMetricReader", () => {
    it('delivers collections, and flushes and shuts down with it', async () => {
      const provider = setup.sdk.providerOfPeriodicReader(setup.exporter());
      const orders = provider.getMeter('shop').createCounter('orders');
      orders.add(2);
      await provider.forceFlush();
      orders.add(3);
      await provider.shutdown();
      expect(setup.collector.lastValueOf('orders')).toBe(5);
      expect(setup.collector.counts().requests).toBe(2);
    });

    it('retries temporary failures, and obeys Retry-After', async () => {
      vi.spyOn(diag, 'warn').mockReturnValue();
      setup.collector.queueFaults({ kind: 'status', code: 503 }, { kind: 'status', code: 429, retryAfter: '1' });
      const provider = setup.sdk.providerOfPeriodicReader(setup.exporter({ temporalityPreference: 'delta' }));
      provider.getMeter('shop').createCounter('orders').add(2);
      await provider.forceFlush();
      expect(setup.collector.totalOf('orders')).toBe(2);
      const [, throttled, last] = setup.collector.requests;
      expect((last?.at ?? 0) - (throttled?.at ?? 0)).toBeGreaterThanOrEqual(950);
      await provider.shutdown();
    });

    it('splits a collection after 413, by points', async () => {
      setup.collector.setFault({ kind: 'max-body', bytes: 2_000 });
      const provider = setup.sdk.providerOfPeriodicReader(setup.exporter());
      const orders = provider.getMeter('shop').createCounter('orders');
      for (let route = 0; route < 100; route += 1) orders.add(1, { route });
      await provider.forceFlush();
      expect(setup.collector.totalOf('orders')).toBe(100);
      expect(setup.collector.countsOf('metrics')).toMatchObject({ unique: 100, duplicates: 0 });
      await provider.shutdown();
    });

    it('is asked for temporality and aggregation', async () => {
      const exporter = setup.exporter({
        temporalityPreference: 'delta',
        defaultHistogramAggregation: 'base2_exponential_bucket_histogram',
      });
      const provider = setup.sdk.providerOfPeriodicReader(exporter);
      provider.getMeter('shop').createHistogram('duration').record(3);
      await provider.shutdown();
      expect(setup.collector.dataPoints()).toMatchObject([{ kind: 'exponentialHistogram', temporality: 1 }]);
    });
  });
}
