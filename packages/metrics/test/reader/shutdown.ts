import { diag } from '@opentelemetry/api';
import { describe, expect, it, vi } from 'vitest';
import { refusedUrl } from '../../../otlp/test/transport/local-server.ts';
import { INTERVAL, type ReaderSetup, simulateTime } from './reader-setup.ts';
import { ScriptedMetricExporter } from './scripted-metric-exporter.ts';

/** Above half a second and the overhead of busy machines, far below the time limits. */
const SOON_MILLIS = 5_000;

/** The end of a reader. */
export function describeShutdown(setup: ReaderSetup): void {
  describe('shutdown', () => {
    it.each(['delta', 'cumulative'] as const)('collects once more and delivers that, with %s', async (kind) => {
      const { provider, reader, recorded } = setup.subject(kind, { drainTimeoutMillis: 10_000 });
      recorded.next();
      await provider.shutdown();
      recorded.expectAt(setup.collector);
      expect(reader.getMetrics()).toMatchObject({ eventsDropped: 0, bufferSize: 0, state: 'normal' });
      await reader.forceFlush();
      await reader.shutdown();
      expect(setup.collector.counts().requests).toBe(1);
    });

    it.each(['delta', 'cumulative'] as const)(
      'also delivers what is in hand since an outage, with %s',
      async (kind) => {
        const { reader, recorded } = setup.subject(kind, { exportIntervalMillis: 50, drainTimeoutMillis: 15_000 });
        setup.collector.setFault({ kind: 'status', code: 503 });
        recorded.next();
        await setup.collector.until((now) => now.counts().requests > 1);
        recorded.next();
        const shutdown = reader.shutdown();
        setup.collector.setFault(undefined);
        await shutdown;
        recorded.expectAt(setup.collector);
        setup.expectInOrder();
      },
    );

    it('in an outage ends at its deadline, and counts and logs everything that is lost', async () => {
      const error = vi.spyOn(diag, 'error').mockReturnValue();
      vi.spyOn(diag, 'warn').mockReturnValue();
      const { reader, recorded } = setup.subject('delta', { exportIntervalMillis: 50, drainTimeoutMillis: 300 });
      setup.collector.setFault({ kind: 'status', code: 503 });
      recorded.next();
      await setup.collector.until((now) => now.counts().requests > 0);
      recorded.next();
      await reader.shutdown();
      // Four series in hand, and four that were recorded since.
      expect(reader.getMetrics()).toMatchObject({ eventsAccepted: 8, eventsEvicted: 8, bufferSize: 0 });
      expect(reader.getMetrics().droppedByReason).toMatchObject({ drain_timeout: 8, superseded: 0 });
      expect(error.mock.calls.flat()).toEqual([
        expect.stringMatching(/^BackpressureMetricReader: shut down with 8 items undelivered .*503/),
      ]);
    });

    it('in an outage gives up a cumulative collection in hand for the last one, which then counts as lost', async () => {
      vi.spyOn(diag, 'error').mockReturnValue();
      vi.spyOn(diag, 'warn').mockReturnValue();
      const { reader, recorded } = setup.subject('cumulative', { exportIntervalMillis: 50, drainTimeoutMillis: 300 });
      setup.collector.setFault({ kind: 'status', code: 429, retryAfter: '60' });
      recorded.next();
      await vi.waitFor(() => expect(reader.getMetrics()).toMatchObject({ bufferSize: 4, eventsRetried: 4 }));
      const { superseded } = reader.getMetrics().droppedByReason;
      await reader.shutdown();
      expect(reader.getMetrics().droppedByReason.superseded).toBeGreaterThan(superseded);
      expect(reader.getMetrics().droppedByReason).toMatchObject({ drain_timeout: 4 });
    });

    it('ends soon if no collector has ever been there', async () => {
      vi.spyOn(diag, 'error').mockReturnValue();
      const exporter = setup.exporter({ url: await refusedUrl() });
      const { reader, recorded } = setup.subject('cumulative', { exporter, drainTimeoutMillis: 20_000 });
      recorded.next();
      const startedAt = performance.now();
      await reader.shutdown();
      expect(performance.now() - startedAt).toBeLessThan(SOON_MILLIS);
      expect(reader.getMetrics().droppedByReason).toMatchObject({ drain_timeout: 4 });
    });

    it('keeps to the time that the provider gives, if that is shorter', async () => {
      vi.spyOn(diag, 'error').mockReturnValue();
      setup.collector.setFault({ kind: 'hang' });
      const { provider, reader, recorded } = setup.subject('delta', { drainTimeoutMillis: 60_000 });
      recorded.next();
      await provider.shutdown({ timeoutMillis: 200 });
      expect(reader.getMetrics().droppedByReason).toMatchObject({ drain_timeout: 4 });
    });

    it('reaches the exporter even if its forceFlush fails and its export hangs', async () => {
      vi.spyOn(diag, 'error').mockReturnValue();
      const exporter = new ScriptedMetricExporter(() => {});
      exporter.forceFlush.mockRejectedValue(new Error('no'));
      const { reader, recorded } = setup.subject('cumulative', { exporter, drainTimeoutMillis: 50 });
      recorded.next();
      await reader.shutdown();
      expect(exporter.shutdown).toHaveBeenCalledTimes(1);
      expect(reader.getMetrics().droppedByReason).toMatchObject({ drain_timeout: 4 });
    });

    it('ends without a provider, and collects nothing', async () => {
      const warn = vi.spyOn(diag, 'warn').mockReturnValue();
      const exporter = new ScriptedMetricExporter();
      await setup.reader({ exporter }).shutdown();
      expect(exporter.calls).toHaveLength(0);
      expect(exporter.shutdown).toHaveBeenCalledTimes(1);
      expect(warn).not.toHaveBeenCalled();
    });

    it('lets a callback that hangs keep only its own instrument from the last collection', async () => {
      vi.spyOn(diag, 'warn').mockReturnValue();
      const { reader, recorded, meter } = setup.subject('delta', { drainTimeoutMillis: 400 });
      meter.createObservableGauge('stuck').addCallback(() => new Promise(() => {}));
      recorded.next();
      const shutdown = reader.shutdown();
      await shutdown;
      expect(reader.getMetrics()).toMatchObject({ eventsAccepted: 4, eventsFlushed: 4 });
    });
  });

  describe('collect', () => {
    it('gives the caller what was recorded, and with delta the reader exports only what comes after', async () => {
      const { reader, recorded, provider } = setup.subject('delta');
      recorded.next();
      const { resourceMetrics, errors } = await reader.collect();
      expect(errors).toEqual([]);
      expect(
        resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name)),
      ).toEqual(['orders', 'duration', 'stock']);
      await provider.forceFlush();
      expect(() => setup.collector.totalOf('orders')).not.toThrow();
      expect(setup.collector.totalOf('orders')).toBe(0);
    });

    it('rejects from the moment of the shutdown on, and without a provider', async () => {
      const { reader, recorded } = setup.subject();
      recorded.next();
      const shutdown = reader.shutdown();
      await expect(reader.collect()).rejects.toThrow('shut down');
      await shutdown;
      await expect(reader.collect()).rejects.toThrow('shut down');
      await expect(setup.reader().collect()).rejects.toThrow('not registered');
    });
  });

  it('a reader collects nothing after its shutdown', async () => {
    simulateTime();
    const { reader, recorded } = setup.subject();
    recorded.next();
    const shutdown = reader.shutdown();
    await setup.pass(1_000);
    await shutdown;
    recorded.next();
    await setup.pass(3 * INTERVAL);
    expect(setup.collector.counts().requests).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a reader cannot be registered twice', () => {
    const reader = setup.reader();
    setup.sdk.provider({ readers: [reader] });
    expect(() => setup.sdk.provider({ readers: [reader] })).toThrow('one MeterProvider only');
  });
}
