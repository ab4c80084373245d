import { describe, expect, it, vi } from 'vitest';
import { isPending, type ProcessorSetup } from './processor-setup.ts';
import { refusedUrl } from '../../../otlp/test/transport/local-server.ts';
import { HeldExporter, recordingExporter } from './scripted-exporter.ts';

/** Above half a second and the overhead of busy machines, far below the time limits. */
const SOON_MILLIS = 3_000;

/** The promises of `forceFlush`, including those that upstream's batch processors do not keep. */
export function describeForceFlush<Item extends object>(setup: ProcessorSetup<Item>): void {
  const { subject } = setup;

  describe('forceFlush', () => {
    it('waits for items in flight as well as for queued ones', async () => {
      setup.collector.setFault({ kind: 'latency', millis: 100 });
      const processor = setup.processorWith({ maxExportBatchSize: 2, maxConcurrentExports: 1 });
      setup.emitTo(processor, 5);
      await Promise.all([processor.forceFlush(), processor.forceFlush()]);
      expect(setup.collector.counts().unique).toBe(5);
    });

    it('rejects when its time is up, and the items are delivered later', async () => {
      setup.collector.queueFaults({ kind: 'latency', millis: 200 });
      const processor = setup.processorWith();
      setup.emitTo(processor, 1);
      await expect(processor.forceFlush({ timeoutMillis: 20 })).rejects.toThrow('within 20 ms');
      await processor.forceFlush();
      expect(setup.collector.counts().unique).toBe(1);
    });

    it('does not call export synchronously', async () => {
      const exporter = recordingExporter<Item>();
      const processor = setup.processorWith({ exporter });
      setup.emitTo(processor, 1);
      const flushed = processor.forceFlush();
      expect(exporter.exported).toHaveLength(0);
      await flushed;
      expect(exporter.exported).toHaveLength(1);
    });

    it('without a limit waits as long as it takes', async () => {
      const exporter = recordingExporter<Item>();
      exporter.forceFlush = () => new Promise((resolve) => setTimeout(resolve, 30));
      const processor = setup.processorWith({ exporter });
      setup.emitTo(processor, 1);
      await processor.forceFlush({ timeoutMillis: Infinity });
      expect(exporter.exported).toHaveLength(1);
    });

    it('resolves without a request if there are no items', async () => {
      await setup.processorWith().forceFlush();
      expect(setup.collector.requests).toHaveLength(0);
    });

    it('sends items without the attributes of a detector that hangs, while there is time', async () => {
      const processor = setup.processorWith();
      setup.emit(subject.sourceWith([processor], setup.resourceOfHangingDetector()), 2);
      await processor.forceFlush({ timeoutMillis: 2_000 });
      expect(subject.received(setup.collector)).toHaveLength(2);
      expect(setup.receivedResources()).toEqual([
        ['service.name', 'shop'],
        ['service.name', 'shop'],
      ]);
    });

    it('rejects soon if no collector has ever been there, with the reason, and keeps everything', async () => {
      const processor = setup.processorWith({ exporter: setup.otlpExporter({ url: await refusedUrl() }) });
      setup.emitTo(processor, 2);
      const startedAt = performance.now();
      await expect(processor.forceFlush({ timeoutMillis: 20_000 })).rejects.toThrow('ECONNREFUSED');
      expect(performance.now() - startedAt).toBeLessThan(SOON_MILLIS);
      expect(processor.getMetrics()).toMatchObject({ bufferSize: 2 });
    });

    it("calls the exporter's forceFlush after the items, and rejects if that rejects", async () => {
      const exporter = recordingExporter<Item>();
      exporter.forceFlush = vi.fn<() => Promise<void>>(async () => {
        expect(exporter.exported).toHaveLength(2);
        throw new Error('exporter cannot flush');
      });
      const processor = setup.processorWith({ exporter });
      setup.emitTo(processor, 2);
      await expect(processor.forceFlush()).rejects.toThrow('exporter cannot flush');
    });

    it("rejects when its time is up even if the exporter's forceFlush hangs, while upstream's waits for ever", async () => {
      const exporter = recordingExporter<Item>();
      exporter.forceFlush = () => new Promise(() => {});
      const processor = setup.processorWith({ exporter });
      setup.emitTo(processor, 1);
      await expect(processor.forceFlush({ timeoutMillis: 20 })).rejects.toThrow(
        /forceFlush of the exporter took longer than \d+ ms/,
      );
      delete exporter.forceFlush;
      await processor.forceFlush();
    });
  });

  describe('a forceFlush while another one runs', () => {
    it("waits for the same items, while upstream's resolves immediately", async () => {
      const exporter = new HeldExporter<Item>();
      const processor = setup.processorWith({ exporter, maxExportBatchSize: 1 });
      setup.emitTo(processor, 2);
      const first = processor.forceFlush();
      await exporter.called(1);
      const second = processor.forceFlush();
      expect(await isPending(second)).toBe(true);
      exporter.settle();
      await exporter.called(2);
      expect(await isPending(second)).toBe(true);
      exporter.settle();
      await Promise.all([first, second]);
      expect(exporter.exported).toHaveLength(2);
    });

    it('also waits for items that came in between, and the first one does not', async () => {
      const exporter = new HeldExporter<Item>();
      const processor = setup.processorWith({ exporter, maxExportBatchSize: 1 });
      setup.emitTo(processor, 1, 'before');
      const first = processor.forceFlush();
      await exporter.called(1);
      setup.emitTo(processor, 1, 'between');
      const second = processor.forceFlush();
      exporter.settle();
      await first;
      await exporter.called(2);
      expect(await isPending(second)).toBe(true);
      exporter.settle();
      await second;
      expect(exporter.exported.map((item) => setup.subject.nameOf(item))).toEqual(['before 0', 'between 0']);
    });

    it('resolves when the collector has every item that came before it', async () => {
      setup.collector.setFault({ kind: 'latency', millis: 50 });
      const processor = setup.processorWith({ maxExportBatchSize: 2 });
      setup.emitTo(processor, 5, 'before');
      const first = processor.forceFlush();
      await setup.collector.until(({ requests }) => requests.length > 0);
      setup.emitTo(processor, 3, 'between');
      await processor.forceFlush();
      expect(setup.collector.counts()).toMatchObject({ unique: 8, duplicates: 0 });
      await first;
    });
  });

  describe('an exporter whose forceFlush rejects', () => {
    it("makes only that call reject, with its error, while upstream's never flushes again", async () => {
      const exporter = new HeldExporter<Item>();
      const failure = new Error('no disk');
      exporter.forceFlush = vi.fn<() => Promise<void>>(async () => {}).mockRejectedValueOnce(failure);
      const processor = setup.processorWith({ exporter, maxExportBatchSize: 2, scheduledDelayMillis: 1_000_000 });
      setup.emitTo(processor, 2);
      await exporter.called(1);
      const failing = processor.forceFlush();
      exporter.release();
      await expect(failing).rejects.toBe(failure);

      // A full batch leaves by itself, and one that is not full with the next call.
      setup.emitTo(processor, 2);
      await exporter.called(2);
      setup.emitTo(processor, 1);
      await processor.forceFlush();
      expect(exporter.exported).toHaveLength(5);

      exporter.forceFlush = () => Promise.reject(failure);
      await processor.shutdown();
      expect(exporter.shutdown).toHaveBeenCalledTimes(1);
    });
  });
}
