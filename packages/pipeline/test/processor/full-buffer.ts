import { describe, expect, it } from 'vitest';
import { itemNames, type ProcessorSetup } from './processor-setup.ts';
import { HeldExporter, recordingExporter } from './scripted-exporter.ts';

/** What happens to items when there is no room, for each strategy and each bound. */
export function describeFullBuffer<Item extends object>(setup: ProcessorSetup<Item>): void {
  const { subject } = setup;

  describe('a full buffer', () => {
    it('keeps the old items with drop_newest, and counts the new ones', async () => {
      const exporter = new HeldExporter<Item>();
      const processor = setup.processorWith({ exporter, strategy: 'drop_newest', maxQueueSize: 5 });
      setup.emitTo(processor, 8);
      expect(processor.getMetrics()).toMatchObject({ bufferSize: 5, state: 'blocked' });
      expect(subject.refused(processor, 'queue_full')).toBe(3);
      exporter.release();
      await processor.forceFlush();
      expect(exporter.exported.map((item) => subject.nameOf(item))).toEqual(itemNames(5));
    });

    it('keeps the new items with drop_oldest, and counts the old ones', async () => {
      const exporter = recordingExporter<Item>();
      const processor = setup.processorWith({ exporter, strategy: 'drop_oldest', maxQueueSize: 5 });
      setup.emitTo(processor, 8);
      await processor.forceFlush();
      expect(exporter.exported.map((item) => subject.nameOf(item))).toEqual(itemNames(8).slice(3));
      expect(processor.getMetrics().droppedByReason.evicted).toBe(3);
    });

    it('may also be full by bytes, and never holds more bytes than its limit', () => {
      const processor = setup.processorWith({ strategy: 'drop_oldest', maxQueueBytes: 2_000, maxConcurrentExports: 1 });
      setup.emitTo(processor, 200);
      const { bufferBytes, droppedByReason } = processor.getMetrics();
      expect(bufferBytes).toBeLessThanOrEqual(2_000);
      expect(droppedByReason.evicted).toBeGreaterThan(150);
    });

    it('is not the reason for refusing an item above the limit of a request, which has its own', () => {
      const processor = setup.processorWith({ exporter: setup.otlpExporter({ maxRequestBytes: 1_000 }) });
      setup.emitTo(processor, 1, 'x'.repeat(2_000));
      expect(processor.getMetrics().droppedByReason.too_large).toBe(1);
    });
  });
}
