import { describe, expect, it, vi } from 'vitest';
import { useFakeTime } from './item-sink.ts';
import { itemNames, type ProcessorSetup } from './processor-setup.ts';
import { recordingExporter } from './scripted-exporter.ts';

/** How items get to the collector when nothing goes wrong. */
export function describeDelivery<Item extends object>(setup: ProcessorSetup<Item>): void {
  const { subject } = setup;

  describe('an item', () => {
    it('is exported in the order in which items came', async () => {
      const processor = setup.processorWith({ maxExportBatchSize: 10, maxConcurrentExports: 1 });
      setup.emitTo(processor, 35);
      await processor.forceFlush();
      expect(setup.receivedNames).toEqual(itemNames(35));
    });

    it('leaves immediately with a full batch, whatever the delay', async () => {
      const processor = setup.processorWith({ maxExportBatchSize: 5, scheduledDelayMillis: 1_000_000 });
      setup.emitTo(processor, 5);
      await setup.collector.until((collector) => collector.counts().unique === 5);
    });

    it('leaves in a request of at most 4 MB, however many large items wait', async () => {
      const processor = setup.processorWith();
      setup.emitTo(processor, 200, 'x'.repeat(50_000));
      await processor.forceFlush();
      expect(setup.collector.counts().unique).toBe(200);
      expect(Math.max(...setup.collector.requests.map(({ bytes }) => bytes))).toBeLessThan(4 * 2 ** 20);
    });

    it('leaves by the timer when its batch does not fill', async () => {
      const processor = setup.processorWith({ scheduledDelayMillis: 500 });
      const startedAt = performance.now();
      setup.emitTo(processor, 1);
      await setup.collector.until((collector) => collector.counts().unique === 1);
      // A fifth of the delay, because the collector is fast. Timers count whole milliseconds.
      expect(performance.now() - startedAt).toBeGreaterThan(98);
    });

    it("is sent while others are in flight, with Spillway's exporter", async () => {
      setup.collector.setFault({ kind: 'latency', millis: 30 });
      const processor = setup.processorWith({ maxExportBatchSize: 1 });
      setup.emitTo(processor, 40);
      await processor.forceFlush();
      expect(setup.collector.counts()).toMatchObject({ unique: 40, duplicates: 0 });
      expect(setup.collector.counts().maxInFlight).toBeGreaterThan(1);
    });

    it('waits once for attributes of its resource that are still being detected', async () => {
      const detection = Promise.withResolvers<string>();
      const processor = setup.processorWith({ maxExportBatchSize: 1 });
      setup.emit(subject.sourceWith([processor], resourceWith(detection.promise)), 1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(setup.collector.requests).toHaveLength(0);
      detection.resolve('host-1');
      await processor.forceFlush();
      expect(subject.received(setup.collector)[0]?.resource?.attributes).toContainEqual(
        expect.objectContaining({ key: 'host.id' }),
      );
    });

    it('is exported without those attributes when detection never ends', async () => {
      const processor = setup.processorWith({ maxExportBatchSize: 1, exportTimeoutMillis: 50 });
      setup.emit(subject.sourceWith([processor], resourceWith(new Promise(() => {}))), 1);
      await setup.collector.until((collector) => collector.counts().unique === 1);
    });
  });

  describe('a batch', () => {
    useFakeTime();
    const delayMillis = 2_500;

    function recordedWith(maxExportBatchSize: number) {
      const exporter = recordingExporter<Item>();
      const processor = setup.processorWith({ exporter, maxExportBatchSize, scheduledDelayMillis: delayMillis });
      return { exporter, source: subject.sourceWith([processor]), processor };
    }

    /** Lets everything happen that needs no time. */
    const turn = () => new Promise((resolve) => setImmediate(resolve));

    it('that is not full stays until the delay is over, and no longer', async () => {
      const { exporter, source } = recordedWith(5);
      setup.emit(source, 4);
      await turn();
      expect(exporter.calls).toHaveLength(0);
      await vi.advanceTimersByTimeAsync(delayMillis);
      expect(exporter.calls.map((items) => items.length)).toEqual([4]);
    });

    it('that is not full and comes behind a full one leaves by the timer as well', async () => {
      const { exporter, source } = recordedWith(5);
      setup.emit(source, 5);
      await turn();
      setup.emit(source, 1, 'late');
      await turn();
      expect(exporter.calls.map((items) => items.length)).toEqual([5]);
      await vi.advanceTimersByTimeAsync(delayMillis);
      expect(exporter.calls.map((items) => items.length)).toEqual([5, 1]);
    });

    it('that fills several times over is exported each time, every item once', async () => {
      const { exporter, source } = recordedWith(5);
      setup.emit(source, 11);
      await exporter.called(2);
      await turn();
      await vi.advanceTimersByTimeAsync(delayMillis);
      expect(exporter.calls.map((items) => items.length)).toEqual([5, 5, 1]);
      expect(exporter.exported.map((item) => subject.nameOf(item))).toEqual(itemNames(11));
    });

    it('without items is never exported: not by the timer, not by forceFlush, not by shutdown', async () => {
      const { exporter, processor } = recordedWith(5);
      await vi.advanceTimersByTimeAsync(10 * delayMillis);
      await processor.forceFlush();
      await processor.shutdown();
      expect(exporter.calls).toHaveLength(0);
    });

    it('that is not full leaves after a fifth of the delay while exports are fast, and not before', async () => {
      const { exporter, source } = recordedWith(5);
      setup.emit(source, 4);
      await vi.advanceTimersByTimeAsync(delayMillis / 5 - 1);
      await turn();
      expect(exporter.calls).toHaveLength(0);
      await vi.advanceTimersByTimeAsync(1);
      expect(exporter.calls.map((items) => items.length)).toEqual([4]);
    });
  });

  describe('two processors of one provider', () => {
    it('are kept apart', async () => {
      const [first, second] = [setup.processorWith(), setup.processorWith({ exporter: recordingExporter() })];
      setup.emit(subject.sourceWith([first, second]), 2);
      await Promise.all([first.forceFlush(), second.forceFlush()]);
      expect(first.getMetrics().eventsFlushed).toBe(2);
      expect(second.getMetrics().eventsFlushed).toBe(2);
    });
  });

  function resourceWith(hostId: Promise<string>): object {
    return subject.sdk.resourceFromAttributes({ 'service.name': 'shop', 'host.id': hostId });
  }
}
