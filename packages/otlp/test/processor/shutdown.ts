import { describe, expect, it } from 'vitest';
import { isPending, type ProcessorSetup } from './processor-setup.ts';
import { HeldExporter, recordingExporter, ScriptedExporter } from './scripted-exporter.ts';

/** The end of a processor: nothing is lost before its deadline, and its exporter always hears of it. */
export function describeShutdown<Item extends object>(setup: ProcessorSetup<Item>): void {
  const { subject } = setup;

  describe('shutdown', () => {
    it('exports what is left, shuts the exporter down once, and only counts what comes after', async () => {
      const exporter = recordingExporter<Item>();
      const processor = setup.processorWith({ exporter });
      const source = subject.sourceWith([processor]);
      setup.emit(source, 3);
      await Promise.all([processor.shutdown(), processor.shutdown()]);
      setup.emit(source, 2);
      await processor.forceFlush();

      expect(exporter.exported).toHaveLength(3);
      expect(exporter.shutdown).toHaveBeenCalledTimes(1);
      expect(subject.refused(processor, 'shutdown')).toBe(2);
    });

    it('counts what is handed in after it, though the SDK should not', async () => {
      const exporter = recordingExporter<Item>();
      const items = await setup.madeItems(2);
      const processor = setup.processorWith({ exporter });
      await processor.shutdown();
      for (const item of items) subject.give(processor, item);
      expect(exporter.exported).toHaveLength(0);
      expect(processor.getMetrics().droppedByReason.shutdown).toBe(2);
    });

    it('reaches the exporter though its forceFlush fails and its export hangs', async () => {
      const exporter = new ScriptedExporter<Item>(() => {});
      exporter.forceFlush = () => Promise.reject(new Error('no'));
      const processor = setup.processorWith({ exporter, drainTimeoutMillis: 50 });
      setup.emitTo(processor, 3);
      await processor.shutdown();
      expect(exporter.shutdown).toHaveBeenCalledTimes(1);
      expect(processor.getMetrics().droppedByReason.shutdown).toBe(3);
    });

    it('during a forceFlush delivers what both wait for', async () => {
      setup.collector.setFault({ kind: 'latency', millis: 50 });
      const processor = setup.processorWith();
      setup.emitTo(processor, 3);
      await Promise.all([processor.forceFlush(), processor.shutdown()]);
      expect(setup.collector.counts()).toMatchObject({ unique: 3, duplicates: 0 });
    });

    it("during a forceFlush shuts the exporter down once, after the exports have ended, where upstream's does so before", async () => {
      const exporter = new HeldExporter<Item>();
      const processor = setup.processorWith({ exporter, maxExportBatchSize: 1, drainTimeoutMillis: 10_000 });
      const source = subject.sourceWith([processor]);
      setup.emit(source, 2, 'before');
      const flush = processor.forceFlush();
      await exporter.called(1);
      setup.emit(source, 1, 'between');
      const shutdown = processor.shutdown();
      for (const calls of [1, 2, 3]) {
        await exporter.called(calls);
        expect(await isPending(shutdown)).toBe(true);
        expect(exporter.shutdown).not.toHaveBeenCalled();
        exporter.settle();
      }
      await Promise.all([flush, shutdown]);
      expect(exporter.exported.map((item) => subject.nameOf(item))).toEqual(['before 0', 'before 1', 'between 0']);
      expect(exporter.shutdown).toHaveBeenCalledTimes(1);
    });
  });
}
