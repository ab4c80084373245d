import { diag } from '@opentelemetry/api';
import type { ExportResultLike } from '@spillway/pipeline';
import { describe, expect, it, vi } from 'vitest';
import { isPending, itemNames, type ProcessorSetup } from './processor-setup.ts';
import { recordingExporter, ScriptedExporter } from './scripted-exporter.ts';

type Done = (result: ExportResultLike) => void;

/** Foreign exporters, whether they keep to the interface or not. */
export function describeForeignExporter<Item extends object>(setup: ProcessorSetup<Item>): void {
  const { subject } = setup;
  const failure = (code?: number | string): ExportResultLike => ({
    code: 1,
    error: Object.assign(new Error('failed'), { code }),
  });
  const namesOf = (items: readonly Item[]): unknown[] => items.map((item) => subject.nameOf(item));

  describe('a foreign exporter', () => {
    it('gets one export at a time, with items as objects, and with tracing suppressed', async () => {
      let running = 0;
      const exporter = new ScriptedExporter<Item>((_, done) => {
        running += 1;
        expect(running).toBe(1);
        expect(subject.sdk.isTracingSuppressed(subject.sdk.context.active())).toBe(true);
        setImmediate(() => {
          running -= 1;
          done({ code: 0 });
        });
      });
      const processor = setup.processorWith({ exporter, maxExportBatchSize: 2 });
      setup.emitTo(processor, 6);
      await processor.forceFlush();
      expect(exporter.calls.map((items) => items.length)).toEqual([2, 2, 2]);
    });

    it.each([
      [
        'throws',
        () => {
          throw new Error('bug');
        },
      ],
      [
        'rejects',
        async () => {
          throw new Error('bug');
        },
      ],
      ['never calls back', () => {}],
      ['reports a temporary failure', (_: unknown, done: Done) => done(failure(503))],
      [
        'reports a temporary failure in its message',
        (_: unknown, done: Done) => done({ code: 1, error: new Error('Request timed out') }),
      ],
      [
        'reports a failure with a temporary cause',
        (_: unknown, done: Done) => done({ code: 1, error: new Error('failed', { cause: { code: 503 } }) }),
      ],
      ['reports that there is no connection', (_: unknown, done: Done) => done(failure('ECONNREFUSED'))],
    ] as const)('that %s once gets the items again', async (_, first) => {
      const exporter = new ScriptedExporter<Item>(first, (_items, done) => done({ code: 0 }));
      const processor = setup.processorWith({ exporter, exportTimeoutMillis: 30 });
      setup.emitTo(processor, 3);
      await processor.forceFlush();
      expect(exporter.calls.map(namesOf)).toEqual([itemNames(3), itemNames(3)]);
      expect(processor.getMetrics().eventsFlushed).toBe(3);
    });

    it('that throws for one batch again and again loses that batch, and not the ones behind it', async () => {
      const exporter = new ScriptedExporter<Item>((items, done) => {
        if (namesOf(items).includes('item 0')) throw new Error('cannot serialize');
        done({ code: 0 });
      });
      const processor = setup.processorWith({
        exporter,
        maxExportBatchSize: 1,
        retry: { initialBackoffMs: 1, maxBackoffMs: 1 },
      });
      setup.emitTo(processor, 3);
      await processor.forceFlush();
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 2, eventsFailed: 1 });
    });

    it('that never calls back for one batch loses that batch, and not the ones behind it', async () => {
      const exporter = new ScriptedExporter<Item>((items, done) => {
        if (!namesOf(items).includes('item 0')) done({ code: 0 });
      });
      const processor = setup.processorWith({
        exporter,
        maxExportBatchSize: 1,
        exportTimeoutMillis: 10,
        retry: { initialBackoffMs: 1, maxBackoffMs: 1 },
      });
      setup.emitTo(processor, 3);
      await processor.forceFlush();
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 2, eventsFailed: 1 });
    });

    it("that extends Spillway's and overrides export has its export called", async () => {
      class Redacting extends subject.OtlpExporter {
        override export(items: Item[], done: Done): void {
          super.export(
            items.filter((item) => subject.nameOf(item) !== 'item 1'),
            done,
          );
        }
      }
      const processor = setup.processorWith({ exporter: new Redacting({ url: setup.collectorUrl }) });
      setup.emitTo(processor, 3);
      await processor.forceFlush();
      expect(setup.receivedNames).toEqual(['item 0', 'item 2']);
    });

    it.each([
      ['a final failure', failure(400)],
      ['a failure without an error', { code: 1 }],
      ['a failure without a cause', { code: 1, error: new Error('failed', { cause: null }) }],
      ['nothing at all', undefined as unknown as ExportResultLike],
      [
        'a result that cannot be read',
        {
          get code(): number {
            throw new Error('hostile');
          },
        },
      ],
    ])('that reports %s loses that batch and no other', async (_, result) => {
      const exporter = new ScriptedExporter<Item>(
        (_items, done) => done(result),
        (_items, done) => done({ code: 0 }),
      );
      const processor = setup.processorWith({ exporter, maxExportBatchSize: 2 });
      setup.emitTo(processor, 4);
      await processor.forceFlush();
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 2, eventsFailed: 2 });
    });

    it('that fails gets the items that came meanwhile', async () => {
      let fail = (): void => {};
      const exporter = new ScriptedExporter<Item>(
        (_, done) => (fail = () => done(failure())),
        (_, done) => done({ code: 0 }),
      );
      const processor = setup.processorWith({ exporter, maxExportBatchSize: 1 });
      setup.emitTo(processor, 1);
      await exporter.called(1);
      setup.emitTo(processor, 1, 'meanwhile');
      fail();
      await exporter.called(2);
      expect(exporter.calls.map(namesOf)).toEqual([['item 0'], ['meanwhile 0']]);
      expect(processor.getMetrics()).toMatchObject({ eventsFailed: 1 });
    });

    it('gets an item only when the attributes of its resource are there, even with forceFlush', async () => {
      const detection = Promise.withResolvers<string>();
      const exporter = recordingExporter<Item>();
      const processor = setup.processorWith({ exporter });
      const resource = subject.sdk.resourceFromAttributes({ 'service.name': 'shop', 'host.id': detection.promise });
      setup.emit(subject.sourceWith([processor], resource), 1);
      const flush = processor.forceFlush();
      expect(await isPending(flush)).toBe(true);
      expect(exporter.calls).toHaveLength(0);
      detection.resolve('host-1');
      await flush;
      expect(exporter.exported[0]).toMatchObject({ resource: { attributes: { 'host.id': 'host-1' } } });
    });

    it('that reports an error which is its own cause loses that batch and no other', async () => {
      const circular = new Error('circular');
      circular.cause = circular;
      const exporter = new ScriptedExporter<Item>(
        (_, done) => done({ code: 1, error: circular }),
        (_, done) => done({ code: 0 }),
      );
      const processor = setup.processorWith({ exporter, maxExportBatchSize: 2 });
      setup.emitTo(processor, 4);
      await processor.forceFlush();
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 2, eventsFailed: 2 });
    });

    it('does not make shutdown reject, even if its own shutdown and the logger throw', async () => {
      const exporter = new ScriptedExporter<Item>(() => {});
      exporter.shutdown.mockImplementation(() => {
        throw Object.create(null);
      });
      const broken = vi.spyOn(diag, 'error').mockImplementation(() => {
        throw new Error('logger');
      });
      const processor = setup.processorWith({ exporter, drainTimeoutMillis: 10 });
      setup.emitTo(processor, 1);
      await processor.shutdown();
      expect(broken).toHaveBeenCalled();
      broken.mockRestore();
      expect(exporter.shutdown).toHaveBeenCalledTimes(1);
    });

    it('that calls back several times counts once', async () => {
      const exporter = new ScriptedExporter<Item>((_, done) => {
        done({ code: 0 });
        done(failure());
        done({ code: 0 });
      });
      const processor = setup.processorWith({ exporter });
      setup.emitTo(processor, 3);
      await processor.forceFlush();
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 3, eventsFailed: 0 });
    });

    it('that always throws gets a batch five times, and no more', async () => {
      const exporter = new ScriptedExporter<Item>(() => {
        throw new Error('cannot serialize');
      });
      const processor = setup.processorWith({ exporter, retry: { initialBackoffMs: 1, maxBackoffMs: 1 } });
      setup.emitTo(processor, 1);
      await processor.forceFlush();
      expect(exporter.calls).toHaveLength(5);
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 0, eventsFailed: 1 });
    });

    it('that reports a final code gets that batch once, even if the message is that of a passing failure', async () => {
      const refused = Object.assign(new Error('Request timed out'), { code: 400 });
      const exporter = new ScriptedExporter<Item>(
        (_, done) => done({ code: 1, error: refused }),
        (_, done) => done({ code: 0 }),
      );
      const processor = setup.processorWith({ exporter, maxExportBatchSize: 2 });
      setup.emitTo(processor, 4);
      await processor.forceFlush();
      expect(processor.getMetrics()).toMatchObject({ eventsFlushed: 2, eventsFailed: 2 });
    });
  });
}
