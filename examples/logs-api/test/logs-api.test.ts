import { type Collector, startCollector } from '@spillway/test/collector';
import { hex, readLog, type RunningProgram, startProgram } from '@spillway/test/example';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const EXAMPLE = new URL('..', import.meta.url);

// Runs the built packages.
describe('the example of the logs API', () => {
  let collector: Collector;
  let service: RunningProgram;
  let url: string;

  beforeEach(async () => {
    collector = await startCollector();
    service = startProgram(EXAMPLE, ['src/app.ts'], { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, PORT: '0' });
    url = await service.said(/listening on (\S+)/);
  });

  afterEach(async () => {
    await service[Symbol.asyncDispose]();
    await collector.close();
  });

  const order = async (book: string) => (await fetch(`${url}/orders/${book}`, { method: 'POST' })).status;

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ships its log records with their spans, and ends cleanly at %s',
    async (signal) => {
      expect(await order('Walden')).toBe(201);
      expect(await order('Walden')).toBe(409);
      expect(await service.end(signal)).toMatchObject({ code: 0, stderr: '' });

      const logs = collector.logRecords().map(readLog);
      const received = {
        severity: '9 INFO',
        body: { text: 'order received', order: { book: 'Walden', copies: 1 } },
        service: 'bookshop',
      };
      expect(logs).toHaveLength(4);
      expect(logs).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ ...received, attributes: { 'shop.stock': { Walden: 1, Middlemarch: 12 } } }),
          expect.objectContaining({ ...received, attributes: { 'shop.stock': { Walden: 0, Middlemarch: 12 } } }),
          expect.objectContaining({
            eventName: 'shop.book.reserved',
            attributes: { 'shop.book': 'Walden', 'shop.copies.left': 0 },
          }),
          expect.objectContaining({
            severity: '17 ERROR',
            body: 'order refused',
            attributes: {
              'shop.book': 'Walden',
              'exception.type': 'RangeError',
              'exception.message': 'no copy of Walden is left',
              'exception.stacktrace': expect.stringContaining('at reserve '),
            },
          }),
        ]),
      );

      const spans = new Map(
        collector.spans().map(({ span }) => [hex(span.spanId), { name: span.name, traceId: hex(span.traceId) }]),
      );
      expect(spans.size).toBe(4);
      for (const { eventName, spanId, traceId } of logs) {
        expect(spans.get(spanId)).toEqual({ name: eventName === '' ? 'POST /orders/{book}' : 'reserve book', traceId });
      }
      expect(collector.counts()).toMatchObject({ items: 8, duplicates: 0 });
    },
  );

  it('also ships while it runs', async () => {
    await order('Middlemarch');
    await collector.until(() => collector.countsOf('logs').items === 2);
  });
});
