import type { FlushOutcome } from '@spillway/backpressure';
import { OTLP_PARTS } from '@spillway/pipeline';
import { describe, expect, it, vi } from 'vitest';
import type { MetricBuffer, OtlpMetricExporter } from '../../src/index.ts';
import { INTERVAL, type ReaderSetup } from './reader-setup.ts';

const INTERVALS = 1_000;

/** An OTLP exporter whose transport has no network: it fails until `isDown` is unset. */
function failingExporter(setup: ReaderSetup, temporality: 'delta' | 'cumulative') {
  const own = setup.exporter({ temporalityPreference: temporality });
  const state = { isDown: true, buffer: undefined as MetricBuffer | undefined, delivered: 0 };
  const send = async (): Promise<FlushOutcome> => {
    if (state.isDown) return { kind: 'retry', error: new Error('down') };
    state.delivered += 1;
    return { kind: 'delivered' };
  };
  const parts = own[OTLP_PARTS];
  const exporter = Object.assign(Object.create(own) as OtlpMetricExporter, {
    [OTLP_PARTS]: {
      ...parts,
      transport: { send, shutdown: async () => {} },
      newBuffer: (options: Parameters<typeof parts.newBuffer>[0]) => {
        const buffer = parts.newBuffer(options);
        state.buffer = buffer as MetricBuffer;
        return buffer;
      },
    },
    shutdown: () => own.shutdown(),
    forceFlush: () => own.forceFlush(),
    selectAggregation: (type: string) => own.selectAggregation(type),
    selectAggregationTemporality: (type: string) => own.selectAggregationTemporality(type),
  });
  return { exporter, state };
}

/** How much an outage takes, however long it lasts. */
export function describeMemory(setup: ReaderSetup): void {
  describe('an outage of a thousand intervals', () => {
    it.each(['delta', 'cumulative'] as const)(
      'holds the memory of one collection all the time, with %s',
      async (kind) => {
        vi.useFakeTimers();
        const { exporter, state } = failingExporter(setup, kind);
        const { reader, meter } = setup.subject(kind, { exporter });
        const orders = meter.createCounter('orders');
        const bytes = new Set<number>();
        const memory = new Set<number>();
        for (let interval = 0; interval < INTERVALS; interval += 1) {
          for (let route = 0; route < 20; route += 1) orders.add(1, { route });
          // oxlint-disable-next-line no-await-in-loop -- one interval after the other
          await vi.advanceTimersByTimeAsync(INTERVAL);
          const { bufferSize, inFlight, bufferBytes } = reader.getMetrics();
          expect(bufferSize + inFlight).toBe(20);
          bytes.add(bufferBytes);
          memory.add(state.buffer?.memoryBytes ?? 0);
        }
        expect(bytes.size).toBe(1);
        // A little more while a superseded collection's memory is kept for reuse, but not more and more.
        expect(Math.max(...memory)).toBeLessThanOrEqual(2 * Math.min(...memory));
        state.isDown = false;
        await vi.advanceTimersByTimeAsync(3 * INTERVAL);
        const { eventsDropped, droppedByReason } = reader.getMetrics();
        expect(state.delivered).toBeGreaterThan(0);
        expect(eventsDropped).toBe(droppedByReason.superseded);
        expect(droppedByReason.superseded > 0).toBe(kind === 'cumulative');
      },
    );
  });
}
