import { diag } from '@opentelemetry/api';
import type { ExportResultLike } from '@spillway/pipeline';
import { describe, expect, it, vi } from 'vitest';
import { INTERVAL, type ReaderSetup, simulateTime } from './reader-setup.ts';
import { ScriptedMetricExporter } from './scripted-metric-exporter.ts';

type Done = (result: ExportResultLike) => void;

const temporary = (_: unknown, done: Done): void =>
  done({ code: 1, error: Object.assign(new Error('unavailable'), { code: 503 }) });

/** Foreign exporters, whether they keep to the interface or not. */
export function describeForeignExporter(setup: ReaderSetup): void {
  describe('a foreign exporter', () => {
    it('gets each collection whole, one export at a time, with tracing suppressed', async () => {
      let running = 0;
      const exporter = new ScriptedMetricExporter((_, done) => {
        running += 1;
        expect(running).toBe(1);
        expect(setup.sdk.isTracingSuppressed(setup.sdk.context.active())).toBe(true);
        setImmediate(() => {
          running -= 1;
          done({ code: 0 });
        });
      });
      const { reader, recorded } = setup.subject('cumulative', { exporter });
      recorded.next();
      await Promise.all([reader.forceFlush(), reader.forceFlush()]);
      expect(exporter.calls.length).toBeGreaterThan(0);
      for (const { scopeMetrics } of exporter.calls)
        expect(scopeMetrics.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name))).toEqual([
          'orders',
          'duration',
          'stock',
        ]);
      expect(reader.getMetrics().eventsFlushed).toBe(4 * exporter.calls.length);
    });

    it.each([
      [
        'throws',
        () => {
          throw new Error('bug');
        },
      ],
      ['rejects', () => Promise.reject(new Error('bug'))],
      ['never calls back', () => {}],
      ['reports a temporary failure', temporary],
    ])('that %s gets the collection again, whole', async (_, first) => {
      vi.spyOn(diag, 'warn').mockReturnValue();
      const exporter = new ScriptedMetricExporter(first, (_metrics, done) => done({ code: 0 }));
      exporter.temporality = 0;
      const { reader, recorded } = setup.subject('delta', { exporter, exportTimeoutMillis: 50 });
      recorded.next();
      await reader.forceFlush();
      expect(exporter.calls).toHaveLength(2);
      expect(exporter.calls[1]).toBe(exporter.calls[0]);
      expect(reader.getMetrics()).toMatchObject({ eventsFlushed: 4, eventsRetried: 4, eventsDropped: 0 });
    });

    it('that reports a final failure loses the collection, which is counted by points', async () => {
      vi.spyOn(diag, 'warn').mockReturnValue();
      const exporter = new ScriptedMetricExporter((_, done) => done({ code: 1, error: new Error('no such tenant') }));
      const { reader, recorded } = setup.subject('cumulative', { exporter });
      recorded.next();
      await reader.forceFlush();
      expect(reader.getMetrics().droppedByReason).toMatchObject({ rejected: 4 });
    });

    it('that fails for ten intervals gets whole collections only, and exact delta sums in the end', async () => {
      simulateTime();
      let isDown = true;
      const exporter = new ScriptedMetricExporter((metrics, done) =>
        isDown ? temporary(metrics, done) : done({ code: 0 }),
      );
      exporter.temporality = 0;
      const { reader, meter } = setup.subject('delta', { exporter });
      const sales = meter.createCounter('sales');
      let sum = 0;
      for (let interval = 1; interval <= 10; interval += 1) {
        sales.add(interval);
        sum += interval;
        // oxlint-disable-next-line no-await-in-loop -- one interval after the other
        await setup.pass(INTERVAL);
      }
      isDown = false;
      const failed = exporter.calls.length;
      await setup.pass(3 * INTERVAL);
      const arrived = exporter.valuesOf('sales').slice(failed - 1);
      expect(new Set(exporter.calls.slice(0, failed)).size).toBe(1);
      expect(arrived.slice(1).reduce<number>((total, value) => total + Number(value), 0)).toBe(sum);
      expect(reader.getMetrics()).toMatchObject({ eventsDropped: 0, bufferSize: 0 });
    });

    it('that fails has cumulative collections superseded by newer ones', async () => {
      simulateTime();
      const exporter = new ScriptedMetricExporter(temporary);
      const { reader, recorded } = setup.subject('cumulative', { exporter });
      recorded.next();
      await setup.pass(5 * INTERVAL);
      expect(new Set(exporter.calls).size).toBeGreaterThan(2);
      const { bufferSize, inFlight, droppedByReason } = reader.getMetrics();
      expect({ held: bufferSize + inFlight, superseded: droppedByReason.superseded }).toEqual({
        held: 4,
        superseded: 16,
      });
    });

    it('has no requests to hand over, and its points count as drain_timeout', () => {
      const { reader, recorded } = setup.subject('cumulative', { exporter: new ScriptedMetricExporter() });
      recorded.next();
      expect(reader.handOverNext(() => true)).toBe(true);
      expect(reader.handOverNext(() => true)).toBe(false);
      expect(reader.getMetrics().droppedByReason).toMatchObject({ drain_timeout: 4 });
    });

    it('that cannot say which temporality it wants gets the default, and no instrument fails', async () => {
      const warn = vi.spyOn(diag, 'warn').mockReturnValue();
      const exporter = new ScriptedMetricExporter();
      const broken = Object.assign(exporter, {
        selectAggregation: () => {
          throw new Error('bug');
        },
        selectAggregationTemporality: () => {
          throw new Error('bug');
        },
      });
      const { reader, recorded } = setup.subject('cumulative', { exporter: broken });
      recorded.next();
      recorded.next();
      await reader.forceFlush();
      expect(exporter.valuesOf('stock')).toEqual([6]);
      expect(warn.mock.calls.flat()).toEqual([expect.stringMatching(/could not say how it wants metrics: bug/)]);
    });
  });
}
