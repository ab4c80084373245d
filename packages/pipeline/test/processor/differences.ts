import { diag } from '@opentelemetry/api';
import type { ExportResultLike } from '@spillway/pipeline';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { isPending, type ProcessorSetup } from './processor-setup.ts';
import type { UpstreamOptions } from './processor-subject.ts';
import { HeldExporter, recordingExporter, ScriptedExporter } from './scripted-exporter.ts';

type Done = (result: ExportResultLike) => void;

/**
 * Deliberate differences from upstream's batch processors, shown side by side: if a version of upstream's behaves the
 * same, a test here fails. `docs/differences.md` gives the reasons.
 */
export function describeDifferences<Item extends object>(setup: ProcessorSetup<Item>): void {
  const { subject } = setup;

  /** Upstream's processor, and a source of items for it. */
  function upstreamWith(exporter: ScriptedExporter<Item>, options: UpstreamOptions) {
    // Upstream's processor for log records calls it on every exporter; Spillway's calls it if there is one.
    exporter.forceFlush ??= async () => {};
    const processor = subject.upstreamProcessor(exporter, options);
    onTestFinished(() => processor.shutdown().catch(() => {}));
    return { processor, source: subject.sourceWith([processor]) };
  }

  function ignoreGlobalErrors() {
    const handler = vi.fn<(error: unknown) => void>();
    subject.sdk.setGlobalErrorHandler(handler);
    onTestFinished(() => subject.sdk.setGlobalErrorHandler(() => {}));
    return handler;
  }

  describe("unlike upstream's, a processor", () => {
    it('counts items in flight against maxQueueSize', async () => {
      const options = { maxQueueSize: 5, maxExportBatchSize: 5 };
      const [held, upstreamHeld] = [new HeldExporter<Item>(), new HeldExporter<Item>()];
      const processor = setup.processorWith({ exporter: held, strategy: 'drop_newest', ...options });
      const [ours, upstreams] = [subject.sourceWith([processor]), upstreamWith(upstreamHeld, options)];
      for (const [exporter, source] of [
        [held, ours],
        [upstreamHeld, upstreams.source],
      ] as const) {
        setup.emit(source, 5);
        await exporter.called(1);
        setup.emit(source, 10);
        exporter.release();
      }
      await Promise.all([processor.forceFlush(), upstreams.processor.forceFlush()]);
      expect(held.exported).toHaveLength(5);
      expect(subject.refused(processor, 'queue_full')).toBe(10);
      expect(upstreamHeld.exported).toHaveLength(10);
    });

    it.each([
      [
        'failed temporarily',
        (_: unknown, done: Done) => done({ code: 1, error: Object.assign(new Error('busy'), { code: 503 }) }),
      ],
      ['was never answered', () => {}],
    ] as const)('exports a batch again if it %s', async (_, first) => {
      ignoreGlobalErrors();
      const [ours, theirs] = [first, first].map(
        (script) => new ScriptedExporter<Item>(script, (_items, done) => done({ code: 0 })),
      );
      const options = { maxExportBatchSize: 2, exportTimeoutMillis: 30 };
      const processor = setup.processorWith({ exporter: ours as ScriptedExporter<Item>, ...options });
      const upstreams = upstreamWith(theirs as ScriptedExporter<Item>, options);
      for (const source of [subject.sourceWith([processor]), upstreams.source]) setup.emit(source, 2);
      await processor.forceFlush();
      await upstreams.processor.forceFlush().catch(() => {});
      expect(ours?.calls).toHaveLength(2);
      expect(processor.getMetrics().eventsFlushed).toBe(2);
      expect(theirs?.calls).toHaveLength(1);
    });

    it('logs through diag, once, that exports fail, and does not call the global error handler', async () => {
      const handler = ignoreGlobalErrors();
      const warn = vi.spyOn(diag, 'warn').mockReturnValue();
      onTestFinished(() => warn.mockRestore());
      const failing = () =>
        new ScriptedExporter<Item>((_, done) => done({ code: 1, error: new Error('no such tenant') }));
      const processor = setup.processorWith({ exporter: failing(), maxExportBatchSize: 1 });
      setup.emitTo(processor, 3);
      await processor.forceFlush();
      expect(processor.getMetrics().eventsFailed).toBe(3);
      await processor.shutdown();
      expect(warn.mock.calls).toEqual([[expect.stringMatching(/lost 3 items: 3 rejected.*no such tenant/)]]);
      expect(handler).not.toHaveBeenCalled();

      setup.emit(upstreamWith(failing(), { maxExportBatchSize: 1 }).source, 1);
      await vi.waitFor(() =>
        expect(handler).toHaveBeenCalledWith(expect.objectContaining({ message: 'no such tenant' })),
      );
    });

    it('calls forceFlush of its exporter after the items have been exported, even if there are none', async () => {
      const [ours, theirs] = [recordingExporter<Item>(), recordingExporter<Item>()];
      for (const exporter of [ours, theirs]) exporter.forceFlush = vi.fn<() => Promise<void>>(async () => {});
      await setup.processorWith({ exporter: ours }).forceFlush();
      await upstreamWith(theirs, {}).processor.forceFlush();
      expect(ours.forceFlush).toHaveBeenCalledTimes(1);
      expect(theirs.forceFlush).not.toHaveBeenCalled();
    });

    it('does not delay a shutdown beyond its deadline, even if an export hangs', async () => {
      ignoreGlobalErrors();
      const [ours, theirs] = [new HeldExporter<Item>(), new HeldExporter<Item>()];
      const processor = setup.processorWith({ exporter: ours, maxExportBatchSize: 1, drainTimeoutMillis: 20 });
      const upstreams = upstreamWith(theirs, { maxExportBatchSize: 1 });
      setup.emitTo(processor, 2);
      setup.emit(upstreams.source, 2);
      await Promise.all([ours.called(1), theirs.called(1)]);
      const theirShutdown = upstreams.processor.shutdown();
      await processor.shutdown();
      expect(ours.shutdown).toHaveBeenCalledTimes(1);
      expect(processor.getMetrics().droppedByReason.drain_timeout).toBe(2);
      expect(await isPending(theirShutdown)).toBe(true);
      theirs.release();
    });

    it('refuses a batch size above the queue size instead of reducing it', async () => {
      const options = { maxQueueSize: 6, maxExportBatchSize: 7 };
      expect(() => setup.processorWith({ exporter: recordingExporter(), ...options })).toThrow(
        /maxExportBatchSize \(7\).*maxQueueSize \(6\)/,
      );
      const theirs = recordingExporter<Item>();
      setup.emit(upstreamWith(theirs, options).source, 6);
      await theirs.called(1);
      expect(theirs.calls[0]).toHaveLength(6);
    });
  });

  describe('a forceFlush', () => {
    it('resolves even if the exporter rejected items, which are counted', async () => {
      const exporter = new ScriptedExporter<Item>((_, done) => done({ code: 1, error: new Error('no such tenant') }));
      const processor = setup.processorWith({ exporter });
      setup.emitTo(processor, 3);
      await processor.forceFlush();
      expect(processor.getMetrics().droppedByReason).toMatchObject({ rejected: 3 });
    });
  });

  describe('the hook that takes items', () => {
    it('never runs an export: a full batch leaves in a later turn', async () => {
      const exporter = recordingExporter<Item>();
      const processor = setup.processorWith({ exporter, maxExportBatchSize: 2 });
      setup.emitTo(processor, 2);
      expect(exporter.calls).toHaveLength(0);
      await exporter.called(1);
    });
  });
}
