import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Collector, startCollector } from '@spillway/test/collector';
import { hex, readLog } from '@spillway/test/example';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const APP = fileURLToPath(new URL('../src/app.ts', import.meta.url));

// Runs the packages as they are built.
describe('the example of the logs API', () => {
  let collector: Collector;
  let service: ChildProcessByStdio<null, Readable, null>;
  let ended: Promise<unknown[]>;
  let url: string;

  beforeEach(async () => {
    collector = await startCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, PORT: '0' };
    service = spawn(process.execPath, [APP], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    ended = once(service, 'exit');
    const [line] = await once(createInterface(service.stdout), 'line');
    url = String(line).replace('listening on ', '');
  });

  afterEach(async () => {
    service.kill('SIGKILL');
    await collector.close();
  });

  const order = async (book: string) => (await fetch(`${url}/orders/${book}`, { method: 'POST' })).status;

  it.each(['SIGTERM', 'SIGINT'] as const)('ships what was logged, with its span, and ends orderly at %s', async (signal) => {
    expect(await order('Walden')).toBe(201);
    expect(await order('Walden')).toBe(409);
    service.kill(signal);
    expect(await ended).toEqual([0, null]);

    const logs = collector.logRecords().map(readLog);
    const received = { severity: '9 INFO', body: { text: 'order received', order: { book: 'Walden', copies: 1 } }, service: 'bookshop' };
    expect(logs).toHaveLength(4);
    expect(logs).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ...received, attributes: { 'shop.stock': { Walden: 1, Middlemarch: 12 } } }),
        expect.objectContaining({ ...received, attributes: { 'shop.stock': { Walden: 0, Middlemarch: 12 } } }),
        expect.objectContaining({ eventName: 'shop.book.reserved', attributes: { 'shop.book': 'Walden', 'shop.copies.left': 0 } }),
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

    const spans = new Map(collector.spans().map(({ span }) => [hex(span.spanId), { name: span.name, traceId: hex(span.traceId) }]));
    expect(spans.size).toBe(4);
    for (const { eventName, spanId, traceId } of logs) {
      expect(spans.get(spanId)).toEqual({ name: eventName === '' ? 'POST /orders/{book}' : 'reserve book', traceId });
    }
    expect(collector.counts()).toMatchObject({ items: 8, duplicates: 0 });
  });

  it('ships while it runs, too', async () => {
    await order('Middlemarch');
    await collector.until(() => collector.countsOf('logs').items === 2);
  });
});
