import { describe, expect, it, vi } from 'vitest';
import { isPending, type ProcessorSetup } from './processor-setup.ts';
import { refusedUrl } from '../../../otlp/test/transport/local-server.ts';
import { HeldExporter, recordingExporter } from './scripted-exporter.ts';

/** Above half a second and the time that busy machines take, far below the limits. */
const SOON_MILLIS = 3_000;

/** What `forceFlush` promises, also where upstream's batch processors do not keep the promise. */
export function describeForceFlush<Item extends object>(setup: ProcessorSetup<Item>): void {
  const { subject } = setup;

  describe('forceFlush', () => {
    it('waits for what is in flight as well as for what is queued', async () => {
      setup.collector.setFault({ kind: 'latency', millis: 100 });
      const processor = setup.processorWith({ maxExportBatchSize: 2, maxConcurrentExports: 1 });
      setup.emitTo(processor, 5);
      await Promise.all([processor.forceFlush(), processor.forceFlush()]);
      expect(setup.collector.counts().unique).toBe(5);
    });

    it('rejects when the time is over, and the items are delivered later', async () => {
      setup.collector.queueFaults({ kind: 'latency', millis: 200 });
      const processor = setup.processorWith();
      setup.emitTo(processor, 1);
      await expect(processor.forceFlush({ timeoutMillis: 20 })).rejects.toThrow('within 20 ms');
      await processor.forceFlush();
      expect(setup.collector.counts().unique).toBe(1);
    });

    it('calls no export within its own call', async () => {
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

    it('resolves at once when there is nothing', async () => {
      await setup.processorWith().forceFlush();
      expect(setup.collector.requests).toHaveLength(0);
    });

    it('sends without the attributes of a detector that hangs, while there is time', async () => {
      const processor = setup.processorWith();
      setup.emit(subject.sourceWith([processor], setup.resourceOfHangingDetector()), 2);
      await processor.forceFlush({ timeoutMillis: 2_000 });
      expect(subject.received(setup.collector)).toHaveLength(2);
      expect(setup.receivedResources()).toEqual([['service.name', 'shop'], ['service.name', 'shop']]);
    });

    it('rejects soon where nobody has ever listened, says so, and keeps everything', async () => {
      const processor = setup.processorWith({ exporter: setup.otlpExporter({ url: await refusedUrl() }) });
      setup.emitTo(processor, 2);
      const startedAt = performance.now();
      await expect(processor.forceFlush({ timeoutMillis: 20_000 })).rejects.toThrow('ECONNREFUSED');
      expect(performance.now() - startedAt).toBeLessThan(SOON_MILLIS);
      expect(processor.getMetrics()).toMatchObject({ bufferSize: 2 });
    });

    it("is given the exporter's turn after the items, and fails when that fails", async () => {
      const exporter = recordingExporter<Item>();
      exporter.forceFlush = vi.fn<() => Promise<void>>(async () => {
        expect(exporter.exported).toHaveLength(2);
        throw new Error('exporter cannot flush');
      });
      const processor = setup.processorWith({ exporter });
      setup.emitTo(processor, 2);
      await expect(processor.forceFlush()).rejects.toThrow('exporter cannot flush');
    });

    it("rejects when the time is over though it is the exporter that does not come back, where upstream's waits for ever", async () => {
      const exporter = recordingExporter<Item>();
      exporter.forceFlush = () => new Promise(() => {});
      const processor = setup.processorWith({ exporter });
      setup.emitTo(processor, 1);
      await expect(processor.forceFlush({ timeoutMillis: 20 })).rejects.toThrow(/forceFlush of the exporter took longer than \d+ ms/);
      delete exporter.forceFlush;
      await processor.forceFlush();
    });
  });

  describe('a forceFlush while another one runs', () => {
    it("waits for the same items, where upstream's resolves at once", async () => {
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

    it('waits for what came in between as well, and the first one does not', async () => {
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

    it('has everything that came before it in the collector when it resolves', async () => {
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
    it("fails that one call with its error, and nothing after it, where upstream's flushes no more", async () => {
      const exporter = new HeldExporter<Item>();
      const failure = new Error('no disk');
      exporter.forceFlush = vi.fn<() => Promise<void>>(async () => {}).mockRejectedValueOnce(failure);
      const processor = setup.processorWith({ exporter, maxExportBatchSize: 2, scheduledDelayMillis: 1_000_000 });
      setup.emitTo(processor, 2);
      await exporter.called(1);
      const failing = processor.forceFlush();
      exporter.release();
      await expect(failing).rejects.toBe(failure);

      // A full batch leaves by itself, and one that is not by the next call.
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
