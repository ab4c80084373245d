/** Sells tickets: `POST /tickets/opera`. Of OpenTelemetry it knows only the API, for its own metrics. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metrics } from '@opentelemetry/api';

const { HOST = '127.0.0.1', PORT = '8080' } = process.env;
const seats = new Map([
  ['opera', 3],
  ['circus', 200],
]);

const meter = metrics.getMeter('tickets');
const sold = meter.createCounter('tickets.sold', { unit: '{ticket}', description: 'Tickets sold' });
// Read only when metrics are collected.
meter
  .createObservableGauge('tickets.free', { unit: '{ticket}', description: 'Tickets not sold yet' })
  .addCallback((result) => {
    for (const [show, free] of seats) result.observe(free, { show });
  });

const server = createServer((request, response) => {
  const [, show = ''] = /^\/tickets\/(\w+)$/.exec(request.url ?? '') ?? [];
  const free = seats.get(show);
  if (request.method !== 'POST' || free === undefined) {
    response.writeHead(404).end();
  } else if (free === 0) {
    response.writeHead(409).end('sold out\n');
  } else {
    seats.set(show, free - 1);
    sold.add(1, { show });
    response.end(`seat ${free}\n`);
  }
});

server.listen(Number(PORT), HOST, () => {
  console.log(`listening at http://${HOST}:${(server.address() as AddressInfo).port}`);
});
// Answers the accepted requests. Then nothing keeps the process alive, and Spillway ships what is left.
process.once('SIGTERM', () => server.close());
