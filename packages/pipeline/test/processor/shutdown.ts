import { diag } from '@opentelemetry/api';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { refusedUrl } from '../../../otlp/test/transport/local-server.ts';
import { isPending, type ProcessorSetup } from './processor-setup.ts';
import { HeldExporter, recordingExporter, ScriptedExporter } from './scripted-exporter.ts';

/** Above half a second and the overhead of busy machines, far below the time limits. */
const SOON_MILLIS = 3_000;

/** The end of a processor: nothing is lost before its deadline, and its exporter is always shut down. */
export function describeShutdown<Item extends object>(setup: ProcessorSetup<Item>): void {
  const { subject } = setup;

  describe('shutdown', () => {
    it('exports the remaining items, shuts the exporter down once, and only counts items that come later', async () => {
      const exporter = recordingExporter<Item>();
      const processor = setup.processorWith({ exporter });
      const source = subject.sourceWith([processor]);
      setup.emit(source, 3);
      await Promise.all([processor.shutdown(), processor.shutdown()]);
      setup.emit(source, 2);
      await processor.forceFlush();

      expect(exporter.exported).toHaveLength(3);
      expect(exporter.shutdown).toHaveBeenCalledTimes(1);
      expect(subject.refused(processor, 'already_shutdown')).toBe(2);
    });

    it('counts items that are passed in after it, although the SDK should not do that', async () => {
      const exporter = recordingExporter<Item>();
      const items = await setup.madeItems(2);
      const processor = setup.processorWith({ exporter });
      await processor.shutdown();
      for (const item of items) subject.give(processor, item);
      expect(exporter.exported).toHaveLength(0);
      expect(processor.getMetrics().droppedByReason.already_shutdown).toBe(2);
    });

    it('reaches the exporter even if its forceFlush fails and its export hangs', async () => {
      const exporter = new ScriptedExporter<Item>(() => {});
      exporter.forceFlush = () => Promise.reject(new Error('no'));
      const processor = setup.processorWith({ exporter, drainTimeoutMillis: 50 });
      setup.emitTo(processor, 3);
      await processor.shutdown();
      expect(exporter.shutdown).toHaveBeenCalledTimes(1);
      expect(processor.getMetrics().droppedByReason.drain_timeout).toBe(3);
    });

    it('sends items without the attributes of a detector that hangs, and logs that once', async () => {
      const warn = vi.spyOn(diag, 'warn').mockReturnValue();
      onTestFinished(() => warn.mockRestore());
      const processor = setup.processorWith({ drainTimeoutMillis: 2_000, maxExportBatchSize: 1 });
      setup.emit(subject.sourceWith([processor], setup.resourceOfHangingDetector()), 2);
      await processor.shutdown();
      expect(setup.receivedResources()).toEqual([
        ['service.name', 'shop'],
        ['service.name', 'shop'],
      ]);
      expect(warn.mock.calls.flat()).toEqual([expect.stringContaining('a resource detector has not answered in time')]);
    });

    it('passes items to a foreign exporter without those attributes too', async () => {
      const exporter = recordingExporter<Item>();
      const processor = setup.processorWith({ exporter, drainTimeoutMillis: 2_000 });
      setup.emit(subject.sourceWith([processor], setup.resourceOfHangingDetector()), 2);
      await processor.shutdown();
      expect(exporter.exported).toHaveLength(2);
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 2 });
    });

    it('ends soon if no collector has ever been there, and counts and logs the lost items', async () => {
      const error = vi.spyOn(diag, 'error').mockReturnValue();
      onTestFinished(() => error.mockRestore());
      const processor = setup.processorWith({
        exporter: setup.otlpExporter({ url: await refusedUrl() }),
        drainTimeoutMillis: 20_000,
      });
      setup.emitTo(processor, 3);
      const startedAt = performance.now();
      await processor.shutdown();
      expect(performance.now() - startedAt).toBeLessThan(SOON_MILLIS);
      expect(processor.getMetrics().droppedByReason.drain_timeout).toBe(3);
      expect(error.mock.calls.flat()).toEqual([
        expect.stringMatching(/shut down with 3 items undelivered .*ECONNREFUSED/),
      ]);
    });

    it('also ends soon if a foreign exporter finds no collector', async () => {
      const refused = {
        code: 1,
        error: new Error('export failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) }),
      };
      const exporter = new ScriptedExporter<Item>((_, done) => done(refused));
      const processor = setup.processorWith({ exporter, drainTimeoutMillis: 20_000 });
      setup.emitTo(processor, 3);
      const startedAt = performance.now();
      await processor.shutdown();
      expect(performance.now() - startedAt).toBeLessThan(SOON_MILLIS);
    });

    it('goes on for its whole time if the collector has answered before', async () => {
      const processor = setup.processorWith({ drainTimeoutMillis: 1_000 });
      setup.emitTo(processor, 1);
      await processor.forceFlush();
      await setup.collector.close();
      setup.emitTo(processor, 3);
      const startedAt = performance.now();
      await processor.shutdown();
      expect(performance.now() - startedAt).toBeGreaterThan(950);
    });

    it('takes no longer than its limit even if both steps of the exporter hang', async () => {
      const exporter = recordingExporter<Item>();
      exporter.forceFlush = () => new Promise(() => {});
      exporter.shutdown.mockReturnValue(new Promise(() => {}));
      const processor = setup.processorWith({ exporter, drainTimeoutMillis: 300 });
      setup.emitTo(processor, 1);
      const startedAt = performance.now();
      await processor.shutdown();
      expect(performance.now() - startedAt).toBeLessThan(SOON_MILLIS);
      expect(exporter.shutdown).toHaveBeenCalledTimes(1);
    });

    it('during a forceFlush delivers the items that both wait for', async () => {
      setup.collector.setFault({ kind: 'latency', millis: 50 });
      const processor = setup.processorWith();
      setup.emitTo(processor, 3);
      await Promise.all([processor.forceFlush(), processor.shutdown()]);
      expect(setup.collector.counts()).toMatchObject({ unique: 3, duplicates: 0 });
    });

    it("during a forceFlush shuts the exporter down once, after the exports have ended, while upstream's does so before", async () => {
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

    it('logs which of the last steps of the exporter has failed, and takes the next one', async () => {
      const error = vi.spyOn(diag, 'error').mockReturnValue();
      onTestFinished(() => error.mockRestore());
      const exporter = recordingExporter<Item>();
      exporter.forceFlush = () => Promise.reject(new Error('still busy'));
      exporter.shutdown.mockRejectedValue(new Error('already closed'));
      const processor = setup.processorWith({ exporter });
      await processor.shutdown();
      expect(error.mock.calls.flat()).toEqual([
        'forceFlush of the exporter failed: still busy',
        'shutdown of the exporter failed: already closed',
      ]);
    });
  });
}
