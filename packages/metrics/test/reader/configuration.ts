import { diag } from '@opentelemetry/api';
import { describe, expect, it, vi } from 'vitest';
import { BackpressureMetricReader, type BackpressureMetricReaderOptions, OtlpMetricExporter } from '../../src/index.ts';
import { INTERVAL, type ReaderSetup, simulateTime } from './reader-setup.ts';
import { ScriptedMetricExporter } from './scripted-metric-exporter.ts';

/** Options, variables and the application's callbacks. */
export function describeConfiguration(setup: ReaderSetup): void {
  describe('configuration', () => {
    it.each<[BackpressureMetricReaderOptions, RegExp]>([
      [{ exportIntervalMillis: 0 }, /exportIntervalMillis.*0/],
      [{ exportIntervalMillis: Number.NaN }, /exportIntervalMillis.*NaN/],
      [{ exportTimeoutMillis: -1 }, /exportTimeoutMillis.*-1/],
      [{ drainTimeoutMillis: 'soon' as never }, /drainTimeoutMillis.*soon/],
      [{ maxQueueBytes: 0 }, /maxQueueBytes.*0/],
      [{ onDrop: 'log' as never }, /onDrop.*string/],
      [{ cardinalityLimits: { counter: 0 } }, /cardinalityLimits\.counter.*0/],
      [{ metricProducers: [{}] as never }, /metricProducers.*collect/],
      [{ metricProducers: 1 as never }, /metricProducers.*number/],
      [{ lowWatermark: 0.9, highWatermark: 0.2 }, /lowWatermark.*0.9/],
      [{ exporter: {} as never }, /exporter/],
    ])('refuses %o with a message that names it', (options, message) => {
      expect(() => new BackpressureMetricReader({ exporter: new ScriptedMetricExporter(), ...options })).toThrow(
        message,
      );
    });

    it.each([
      [{ temporalityPreference: 'sideways' as never }, /temporalityPreference.*sideways/],
      [{ temporalityPreference: 7 as never }, /temporalityPreference.*7/],
      [{ defaultHistogramAggregation: 'pie' as never }, /defaultHistogramAggregation.*pie/],
    ])('the exporter refuses %o', (options, message) => {
      expect(() => new OtlpMetricExporter(options)).toThrow(message);
    });

    it('comes from the environment if the code sets no option', async () => {
      simulateTime();
      vi.stubEnv('OTEL_METRIC_EXPORT_INTERVAL', '2000');
      vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'DELTA');
      vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', setup.url);
      const reader = new BackpressureMetricReader();
      const provider = setup.sdk.provider({ readers: [reader] });
      const orders = provider.getMeter('shop').createCounter('orders');
      for (let time = 0; time < 3; time += 1) {
        orders.add(1);
        // oxlint-disable-next-line no-await-in-loop -- one interval after the other
        await setup.pass(2_000, [reader]);
      }
      expect(setup.collector.requests).toHaveLength(3);
      expect(setup.collector.totalOf('orders')).toBe(3);
      const shutdown = reader.shutdown();
      await setup.pass(1_000, [reader]);
      await shutdown;
    });

    it('warns of variables that cannot be used, names them, and uses the default', () => {
      const warn = vi.spyOn(diag, 'warn').mockReturnValue();
      vi.stubEnv('OTEL_METRIC_EXPORT_INTERVAL', 'often');
      vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', `weekly-${setup.sdk.name}`);
      const reader = new BackpressureMetricReader();
      expect(reader.selectAggregationTemporality('COUNTER')).toBe(1);
      const lines = warn.mock.calls.flat().join('\n');
      expect(lines).toContain('OTEL_METRIC_EXPORT_INTERVAL');
      expect(lines).toContain('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE');
      return reader.shutdown();
    });

    it('tells onDrop and onStateChange, whose errors affect nothing', async () => {
      simulateTime();
      const fail = (): never => {
        throw new Error('bug');
      };
      const onDrop = vi.fn<(reason: string, count: number) => void>(fail);
      const onStateChange = vi.fn<(state: string) => void>(fail);
      setup.collector.setFault({ kind: 'status', code: 503 });
      const { recorded } = setup.subject('cumulative', { onDrop, onStateChange, lowWatermark: 1e-6 });
      recorded.next();
      await setup.pass(3 * INTERVAL);
      expect(onDrop).toHaveBeenCalledWith('superseded', 4);
      expect(onStateChange.mock.calls.flat()).toContain('elevated');
    });

    it('limits the series of an instrument', async () => {
      const { meter, reader } = setup.subject('cumulative', { cardinalityLimits: { counter: 3, default: 50 } });
      const [limited, free] = [meter.createCounter('limited'), meter.createHistogram('free')];
      for (let series = 0; series < 10; series += 1) {
        limited.add(1, { series });
        free.record(1, { series });
      }
      await reader.forceFlush();
      const names = setup.collector.dataPoints().map(({ metric }) => metric.name);
      expect(names.filter((name) => name === 'limited')).toHaveLength(3);
      expect(names.filter((name) => name === 'free')).toHaveLength(10);
      expect(setup.collector.totalOf('limited')).toBe(10);
    });

    it('bounds the bytes that are held, and refuses what does not fit, which is counted', async () => {
      vi.spyOn(diag, 'warn').mockReturnValue();
      const { meter, reader } = setup.subject('cumulative', { maxQueueBytes: 2_000 });
      const orders = meter.createCounter('sales');
      for (let series = 0; series < 200; series += 1) orders.add(1, { series });
      await reader.forceFlush();
      const { eventsFlushed, eventsRefused, droppedByReason } = reader.getMetrics();
      expect(eventsFlushed + eventsRefused).toBe(200);
      expect(droppedByReason.queue_full).toBe(eventsRefused);
      expect(setup.collector.countsOf('metrics').items).toBe(eventsFlushed);
    });
  });
}
