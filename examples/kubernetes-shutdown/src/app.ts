/** Quotes and reports over HTTP. When its pod is removed, no request fails and no span is lost. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SpanKind, trace } from '@opentelemetry/api';

const { HOST = '0.0.0.0', PORT = '8080', REQUEST_TIMEOUT = '10000' } = process.env;
/** How long each route takes. */
const WORK_MILLIS = { quotes: 20, reports: 600 };

const tracer = trace.getTracer('quotes');
let isEnding = false;

const server = createServer(({ url = '' }, response) => {
  if (url === '/healthz') response.end();
  else void answer(url, response);
});
server.keepAliveTimeout = 65_000; // longer than the ingress keeps a connection, or it would send into one that is being closed

process.once('SIGTERM', () => {
  isEnding = true;
  // For requests that hang. Even then, the spans that are left are shipped within a second.
  const late = setTimeout(() => process.exit(1), Number(REQUEST_TIMEOUT));
  // Takes no new requests. Once all are answered, nothing keeps the process alive, and Spillway drains before it ends.
  server.close(() => clearTimeout(late));
});

server.listen(Number(PORT), HOST);
await once(server, 'listening');
console.log(`listening on http://${HOST}:${(server.address() as AddressInfo).port}`);

function answer(url: string, response: ServerResponse): Promise<void> {
  const [, route = ''] = url.split('/');
  return tracer.startActiveSpan(`GET /${route}/{id}`, { kind: SpanKind.SERVER }, async (span) => {
    await sleep(route === 'reports' ? WORK_MILLIS.reports : WORK_MILLIS.quotes);
    if (isEnding) response.setHeader('connection', 'close'); // or the client would keep this process alive
    response.end(`${url}\n`);
    span.end();
  });
}
