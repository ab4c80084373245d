import { diag } from '@opentelemetry/api';
import { describe, expect, it, vi } from 'vitest';
import { expectLaw, type ProcessorSetup } from './processor-setup.ts';
import { recordingExporter } from './scripted-exporter.ts';

/** Options, variables and the application's callbacks. */
export function describeConfiguration<Item extends object>(setup: ProcessorSetup<Item>): void {
  const { subject } = setup;

  describe('configuration', () => {
    it.each([
      [{ maxQueueSize: 0 }, /maxQueueSize.*0/],
      [{ maxQueueSize: Number.NaN }, /maxQueueSize.*NaN/],
      [{ maxQueueSize: 10, maxExportBatchSize: 11 }, /maxExportBatchSize \(11\).*maxQueueSize \(10\)/],
      [{ strategy: 'drop' as never }, /strategy.*drop/],
      [{ lowWatermark: 0.9, highWatermark: 0.2 }, /lowWatermark.*0.9/],
      [{ onDrop: 'log' as never }, /onDrop.*string/],
      [{ exportTimeoutMillis: -1 }, /exportTimeoutMillis.*-1/],
      [{ drainTimeoutMillis: 'soon' as never }, /drainTimeoutMillis.*soon/],
      [{ exporter: {} as never }, /exporter/],
    ])('refuses %o with a message that names it', (options, message) => {
      expect(() => new subject.Processor({ exporter: recordingExporter(), ...options })).toThrow(message);
    });

    it('comes from the environment if the code sets no option, and otherwise from the code', async () => {
      vi.stubEnv(`${subject.environmentPrefix}MAX_EXPORT_BATCH_SIZE`, '2');
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', setup.collector.url);
      const byVariable = setup.watched(new subject.Processor({ scheduledDelayMillis: 20 }));
      setup.emitTo(byVariable, 4);
      await byVariable.forceFlush();
      expect(setup.collector.requests.map(({ items }) => items)).toEqual([2, 2]);

      const byCode = setup.processorWith({ maxExportBatchSize: 4 });
      setup.emitTo(byCode, 4);
      await byCode.forceFlush();
      expect(setup.collector.requests.at(-1)?.items).toBe(4);
      expect(setup.receivedNames).toHaveLength(8);
    });

    it('causes a line through diag, with the name of the processor, about an ignored variable', () => {
      const warn = vi.spyOn(diag, 'warn').mockReturnValue();
      vi.stubEnv(`${subject.environmentPrefix}MAX_QUEUE_SIZE`, '-7');
      setup.processorWith();
      expect(warn).toHaveBeenCalledWith(
        expect.stringMatching(new RegExp(`Processor: ${subject.environmentPrefix}MAX_QUEUE_SIZE="-7" is ignored`)),
      );
      warn.mockRestore();
    });

    it('makes the default batch as small as a small queue', () => {
      expect(setup.processorWith({ maxQueueSize: 100 }).getMetrics().batchSize).toBe(100);
    });

    it('never allows more requests in flight than both the exporter and the processor', async () => {
      setup.collector.setFault({ kind: 'latency', millis: 20 });
      const exporter = setup.otlpExporter({ concurrencyLimit: 1 });
      const processor = setup.processorWith({ exporter, maxConcurrentExports: 8, maxExportBatchSize: 1 });
      setup.emitTo(processor, 10);
      await processor.forceFlush();
      expect(setup.collector.counts()).toMatchObject({ maxInFlight: 1, unique: 10 });
    });
  });

  describe('a callback of the application', () => {
    it.each([
      [
        'throw',
        () => {
          throw new Error('callback');
        },
      ],
      [
        'reject',
        async () => {
          throw new Error('callback');
        },
      ],
    ] as const)('may %s', async (_, fail) => {
      const callback = vi.fn<() => unknown>(fail);
      const items = await setup.madeItems(3);
      const processor = setup.processorWith({
        exporter: recordingExporter(),
        strategy: 'drop_newest',
        maxQueueSize: 1,
        onDrop: callback,
        onStateChange: callback,
      });
      for (const item of items) subject.give(processor, item);
      await processor.forceFlush();
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 1, eventsDropped: 2 });
      // For both drops, and for the state that rose to BLOCKED and fell again.
      expect(callback.mock.calls.length).toBeGreaterThanOrEqual(4);
    });

    it('that makes an item for each dropped one is not called for the drops that this causes, and the counters stay right', () => {
      const told = vi.fn<() => void>();
      const processor = setup.processorWith({
        exporter: recordingExporter(),
        strategy: 'drop_oldest',
        maxQueueSize: 5,
        onDrop: () => {
          told();
          setup.emit(source, 1);
        },
      });
      const source = subject.sourceWith([processor]);
      setup.emit(source, 8);
      expect(told).toHaveBeenCalledTimes(3);
      expect(processor.getMetrics().bufferSize).toBe(5);
      expectLaw(processor);
    });
  });
}
