import { describe, expect, it, vi } from 'vitest';
import { type HandedOver, handedOver } from './handed-over.ts';
import { expectLaw, itemNames, type ProcessorSetup } from './processor-setup.ts';
import { ScriptedExporter } from './scripted-exporter.ts';

/** What can still be saved of a process that ends immediately. */
export function describeHandOver<Item extends object>(setup: ProcessorSetup<Item>): void {
  const { subject } = setup;

  async function send(requests: readonly HandedOver[]): Promise<void> {
    for (const { url, headers, body } of requests) {
      // oxlint-disable-next-line no-await-in-loop -- in order
      const response = await fetch(url, { method: 'POST', headers, body });
      expect(response.status).toBe(200);
    }
  }

  describe('a hand-over', () => {
    it('turns all queued items into requests that a collector accepts, in order, and ends the processor', async () => {
      const exporter = setup.otlpExporter({ headers: { 'X-Team': 'shop' } });
      const processor = setup.processorWith({ exporter, maxExportBatchSize: 4 });
      const source = subject.sourceWith([processor]);
      setup.emit(source, 10);
      const requests = handedOver(processor);

      expect(requests.map(({ itemCount }) => itemCount)).toEqual([4, 4, 2]);
      for (const request of requests) {
        expect(request).toMatchObject({ signal: subject.signal, url: setup.collectorUrl });
        expect(request.headers).toMatchObject({ 'content-type': 'application/x-protobuf', 'x-team': 'shop' });
      }
      expect(processor.getMetrics()).toMatchObject({ eventsSpilled: 10, bufferSize: 0, inFlight: 0 });
      expect(handedOver(processor)).toEqual([]);
      setup.emit(source, 2);
      expect(subject.refused(processor, 'already_shutdown')).toBe(2);
      await send(requests);
      expect(setup.receivedNames).toEqual(itemNames(10));
    });

    it('includes requests in flight, which come first, and their later outcome does not count', async () => {
      setup.collector.setFault({ kind: 'hang' });
      const processor = setup.processorWith({ maxExportBatchSize: 3, maxConcurrentExports: 1 });
      setup.emitTo(processor, 7);
      await setup.collector.until((now) => now.counts().inFlight === 1);
      const requests = handedOver(processor);
      setup.collector.setFault(undefined);
      await send(requests);
      await processor.shutdown();
      expect(setup.receivedNames).toEqual(itemNames(7));
      expect(processor.getMetrics()).toMatchObject({ eventsSpilled: 7, eventsFlushed: 0 });
    });

    it('makes one request at a time, and only as many as requested', () => {
      const processor = setup.processorWith({ maxExportBatchSize: 4 });
      setup.emitTo(processor, 10);
      const taken: number[] = [];
      expect(processor.handOverNext(({ itemCount }) => taken.push(itemCount) > 0)).toBe(true);
      expect(taken).toEqual([4]);
      expect(processor.getMetrics()).toMatchObject({ eventsSpilled: 4, bufferSize: 6 });
      expectLaw(processor);
    });

    it('counts items of requests that are not taken, and dropped items, as drain_timeout', () => {
      const processor = setup.processorWith({ maxExportBatchSize: 4 });
      setup.emitTo(processor, 10);
      processor.handOverNext(() => false);
      expect(processor.giveUp()).toBe(6);
      expect(processor.giveUp()).toBe(0);
      expect(handedOver(processor)).toEqual([]);
      expect(processor.getMetrics()).toMatchObject({ eventsSpilled: 0, eventsEvicted: 10, bufferSize: 0 });
      expect(processor.getMetrics().droppedByReason.drain_timeout).toBe(10);
      expectLaw(processor);
    });

    it('does not copy the bytes of its requests', () => {
      const processor = setup.processorWith();
      setup.emitTo(processor, 50);
      const chunks: Uint8Array[] = [];
      processor.handOverNext(({ body }) => chunks.push(...body.chunks) > 0);
      // Headers, and between them the items in the memory in which they were queued. A copy would be in one piece.
      expect(chunks.length).toBeGreaterThan(1);
    });

    it('has the last headers of an async function, or the current ones of a synchronous one', async () => {
      let asked = 0;
      const headers = async (): Promise<Record<string, string>> => ({ authorization: `Bearer token-${(asked += 1)}` });
      const later = setup.processorWith({ exporter: setup.otlpExporter({ headers }) });
      setup.emitTo(later, 1);
      await later.forceFlush();
      setup.emitTo(later, 1);
      expect(handedOver(later)[0]?.headers['authorization']).toBe('Bearer token-1');

      const atOnce = setup.processorWith({
        exporter: setup.otlpExporter({ headers: () => ({ authorization: 'Bearer now' }) }),
      });
      setup.emitTo(atOnce, 1);
      expect(handedOver(atOnce)[0]?.headers['authorization']).toBe('Bearer now');
    });

    it.each([
      ['does not return them in time', () => new Promise<never>(() => {})],
      [
        'throws',
        (): never => {
          throw new Error('no');
        },
      ],
      ['rejects', () => Promise.reject(new Error('no'))],
    ])('does without the headers of a function that %s', (_, headers) => {
      const processor = setup.processorWith({ exporter: setup.otlpExporter({ headers }) });
      setup.emitTo(processor, 1);
      expect(handedOver(processor)[0]?.headers).toMatchObject({ 'content-type': 'application/x-protobuf' });
    });

    it('has no compression, and no header that claims it', async () => {
      const processor = setup.processorWith({ exporter: setup.otlpExporter({ compression: 'gzip' }) });
      setup.emitTo(processor, 3);
      const requests = handedOver(processor);
      expect(requests[0]?.headers).not.toHaveProperty('content-encoding');
      await send(requests);
      expect(setup.receivedNames).toEqual(itemNames(3));
    });

    it('has no requests for a foreign exporter, and counts its items as drain_timeout', () => {
      const exporter = new ScriptedExporter<Item>(() => {});
      const processor = setup.processorWith({ exporter });
      setup.emitTo(processor, 5);
      expect(handedOver(processor)).toEqual([]);
      expect(processor.getMetrics()).toMatchObject({ eventsSpilled: 0, eventsEvicted: 5 });
      expect(processor.getMetrics().droppedByReason.drain_timeout).toBe(5);
      expectLaw(processor);
    });

    it('includes the undelivered items of a shutdown in progress, and lets it end', async () => {
      setup.collector.setFault({ kind: 'hang' });
      const processor = setup.processorWith({ drainTimeoutMillis: 60_000 });
      setup.emitTo(processor, 4);
      const shutdown = processor.shutdown();
      await vi.waitFor(() => expect(setup.collector.counts().inFlight).toBe(1));
      expect(handedOver(processor).map(({ itemCount }) => itemCount)).toEqual([4]);
      await shutdown;
      expect(processor.getMetrics().eventsSpilled).toBe(4);
    });
  });
}
