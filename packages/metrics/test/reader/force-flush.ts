import { describe, expect, it, vi } from 'vitest';
import { refusedUrl } from '../../../otlp/test/transport/local-server.ts';
import { isPending } from '../../../pipeline/test/processor/processor-setup.ts';
import type { ReaderSetup } from './reader-setup.ts';
import { ScriptedMetricExporter } from './scripted-metric-exporter.ts';

/** Above half a second and the overhead of busy machines, far below the time limits. */
const SOON_MILLIS = 5_000;

/** The promises of `forceFlush`. */
export function describeForceFlush(setup: ReaderSetup): void {
  describe('forceFlush', () => {
    it.each(['delta', 'cumulative'] as const)(
      'collects and delivers everything recorded before, with %s',
      async (kind) => {
        const { provider, recorded } = setup.subject(kind);
        recorded.next();
        await provider.forceFlush();
        recorded.expectAt(setup.collector);
        recorded.next();
        await provider.forceFlush();
        recorded.expectAt(setup.collector);
        setup.expectInOrder();
      },
    );

    it('delivers the delta that is in hand before it collects the next one', async () => {
      setup.collector.queueFaults({ kind: 'latency', millis: 200 });
      const { reader, recorded } = setup.subject('delta');
      recorded.next();
      const first = reader.forceFlush();
      await setup.collector.until((now) => now.counts().inFlight === 1);
      recorded.next();
      const second = reader.forceFlush();
      expect(await isPending(second)).toBe(true);
      await Promise.all([first, second]);
      recorded.expectAt(setup.collector);
      expect(setup.collector.counts()).toMatchObject({ requests: 2, maxInFlight: 1 });
    });

    it('does not resolve for a caller because another caller has collected something newer', async () => {
      const { reader, recorded } = setup.subject('cumulative');
      setup.collector.setFault({ kind: 'latency', millis: 100 });
      recorded.next();
      const first = reader.forceFlush();
      const second = reader.forceFlush();
      await first;
      recorded.expectAt(setup.collector);
      await second;
      expect(reader.getMetrics()).toMatchObject({ eventsDropped: 0 });
    });

    it('rejects when its time is up, and the metrics are delivered later', async () => {
      setup.collector.queueFaults({ kind: 'latency', millis: 200 });
      const { reader, recorded } = setup.subject('delta');
      recorded.next();
      await expect(reader.forceFlush({ timeoutMillis: 50 })).rejects.toThrow(/within \d+ ms/);
      await reader.forceFlush();
      recorded.expectAt(setup.collector);
    });

    it('is not resolved by an interval that would supersede what it waits for', async () => {
      setup.collector.setFault({ kind: 'status', code: 503 });
      const { reader, recorded } = setup.subject('cumulative', { exportIntervalMillis: 20 });
      recorded.next();
      await expect(reader.forceFlush({ timeoutMillis: 500 })).rejects.toThrow('503');
      expect(setup.collector.countsOf('metrics').items).toBe(0);
    });

    it('is over once it has rejected: the next interval supersedes what is in hand', async () => {
      setup.collector.setFault({ kind: 'status', code: 503 });
      const { reader, recorded } = setup.subject('cumulative', { exportIntervalMillis: 20 });
      recorded.next();
      await expect(reader.forceFlush({ timeoutMillis: 50 })).rejects.toBeInstanceOf(Error);
      await vi.waitUntil(() => (reader.getMetrics().droppedByReason.superseded ?? 0) > 0, { timeout: 20_000 });
    });

    it('rejects soon if no collector has ever been there, with the reason, and keeps everything', async () => {
      const exporter = setup.exporter({ url: await refusedUrl(), temporalityPreference: 'delta' });
      const { reader, recorded } = setup.subject('delta', { exporter });
      recorded.next();
      const startedAt = performance.now();
      await expect(reader.forceFlush({ timeoutMillis: 20_000 })).rejects.toThrow('ECONNREFUSED');
      expect(performance.now() - startedAt).toBeLessThan(SOON_MILLIS);
      expect(reader.getMetrics()).toMatchObject({ bufferSize: 4, eventsDropped: 0 });
    });

    it("calls the exporter's forceFlush after the export, and rejects if that rejects", async () => {
      const exporter = new ScriptedMetricExporter();
      exporter.forceFlush.mockImplementation(async () => {
        expect(exporter.calls).toHaveLength(1);
        throw new Error('no disk');
      });
      const { reader, recorded } = setup.subject('cumulative', { exporter });
      recorded.next();
      await expect(reader.forceFlush()).rejects.toThrow('no disk');
    });

    it('resolves without a request if there are no metrics, and without a provider', async () => {
      const { reader } = setup.subject();
      await reader.forceFlush();
      await setup.reader().forceFlush();
      expect(setup.collector.requests).toHaveLength(0);
    });

    it('waits for the collection of an interval that is under way, and collects again', async () => {
      const { reader, meter } = setup.subject('delta', { exportIntervalMillis: 50 });
      let running = 0;
      const hold = vi.fn<() => Promise<void>>(async () => {
        running += 1;
        expect(running, 'collections at the same time').toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 100));
        running -= 1;
      });
      meter.createObservableGauge('slow').addCallback(hold);
      const orders = meter.createCounter('sales');
      orders.add(1);
      await vi.waitFor(() => expect(hold).toHaveBeenCalled());
      orders.add(2);
      await reader.forceFlush();
      expect(setup.collector.totalOf('sales')).toBe(3);
      await reader.shutdown();
      for (const { type } of hold.mock.settledResults) expect(type).toBe('fulfilled');
    });
  });
}
