import { describe, expect, it, vi } from 'vitest';
import { MemorySpool } from '../spool/memory-spool.ts';
import { expectLaw, itemNames, type ProcessorSetup } from './processor-setup.ts';

/** That the option reaches the pipeline. What a spool does there is tested with the pipeline. */
export function describeSpool<Item extends object>(setup: ProcessorSetup<Item>): void {
  describe('with a spool', () => {
    it.each(['sample', 'drop_newest', 'block'] as const)(
      'nothing is lost in an outage that brings more items than there is room for (%s)',
      async (strategy) => {
        const spool = new MemorySpool();
        setup.collector.setFault({ kind: 'status', code: 503 });
        const processor = setup.processorWith({
          spool,
          strategy,
          maxQueueSize: 50,
          maxExportBatchSize: 10,
          scheduledDelayMillis: 20,
        });
        setup.emitTo(processor, 300);
        const metrics = processor.getMetrics();
        expect(metrics).toMatchObject({
          eventsAccepted: 300,
          eventsRefused: 0,
          eventsEvicted: 0,
          samplingProbability: 1,
        });
        expect(metrics.spool?.items).toBe(metrics.eventsSpilled);
        expect(metrics.eventsSpilled).toBeGreaterThanOrEqual(250);
        expectLaw(processor);
        await setup.collector.heal();
        await vi.waitFor(() => expect(processor.getMetrics().eventsFlushed).toBe(300), { timeout: 10_000 });
        expect(new Set(setup.receivedNames)).toEqual(new Set(itemNames(300)));
      },
    );

    it('forceFlush resolves during an outage when everything is stored', async () => {
      const spool = new MemorySpool({ lateMillis: 60_000 });
      setup.collector.setFault({ kind: 'hang' });
      const processor = setup.processorWith({ spool });
      setup.emitTo(processor, 30);
      await processor.forceFlush({ timeoutMillis: 300 });
      expect(processor.getMetrics()).toMatchObject({ eventsSpilled: 30, bufferSize: 0, inFlight: 0, eventsDropped: 0 });
    });

    it('a process that ends stores what it holds, and the next one delivers it', async () => {
      const spool = new MemorySpool();
      const first = setup.processorWith({ spool });
      setup.emitTo(first, 30);
      while (first.handOverNext(() => false));
      expect(first.getMetrics()).toMatchObject({ eventsSpilled: 30, eventsDropped: 0 });
      const second = setup.processorWith({ spool });
      await vi.waitFor(() => expect(second.getMetrics().eventsFlushed).toBe(30), { timeout: 10_000 });
      expect(setup.receivedNames).toEqual(itemNames(30));
    });
  });
}
