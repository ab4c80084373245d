/** A bookshop: `POST /orders/Walden` sells a book. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { logs, SeverityNumber, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { shutdownTelemetry } from './telemetry.ts';

const tracer = trace.getTracer('bookshop', '1.0.0');
const logger = logs.getLogger('bookshop', '1.0.0');
const stock = new Map([
  ['Walden', 1],
  ['Middlemarch', 12],
]);

const server = createServer((request, response) => {
  const book = (request.url ?? '').replace('/orders/', '');
  void tracer.startActiveSpan('POST /orders/{book}', { kind: SpanKind.SERVER }, async (span) => {
    const status = await sell(book);
    response.writeHead(status).end();
    span.setAttribute('http.response.status_code', status).end();
  });
});

async function sell(book: string): Promise<number> {
  // The body and the attributes may be values of any shape.
  const body = { text: 'order received', order: { book, copies: 1 } };
  logger.emit({
    severityNumber: SeverityNumber.INFO,
    severityText: 'INFO',
    body,
    attributes: { 'shop.stock': Object.fromEntries(stock) },
  });
  try {
    await tracer.startActiveSpan('reserve book', (span) => reserve(book).finally(() => span.end()));
    return 201;
  } catch (exception) {
    // The exception becomes the attributes exception.type, exception.message and exception.stacktrace.
    logger.emit({
      severityNumber: SeverityNumber.ERROR,
      severityText: 'ERROR',
      body: 'order refused',
      exception,
      attributes: { 'shop.book': book },
    });
    trace.getActiveSpan()?.setStatus({ code: SpanStatusCode.ERROR });
    return 409;
  }
}

async function reserve(book: string): Promise<void> {
  const copies = stock.get(book) ?? 0;
  if (copies === 0) throw new RangeError(`no copy of ${book} is left`);
  stock.set(book, copies - 1);
  // A record with a name is an event, which always has the same attributes.
  const attributes = { 'shop.book': book, 'shop.copies.left': copies - 1 };
  logger.emit({ eventName: 'shop.book.reserved', severityNumber: SeverityNumber.INFO, attributes });
}

async function end(): Promise<void> {
  await once(server.close(), 'close'); // the last requests still make spans and log records
  await shutdownTelemetry();
}

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void end());
server.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1');
await once(server, 'listening');
console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
