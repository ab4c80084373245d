import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { Shipment } from '../../src/process-end/ship.ts';

/** In a thread of its own, because who ships waits for it. It reports the names by which it is called. */
const RECEIVER = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:http').createServer((request, response) => {
    parentPort.postMessage(request.headers.host);
    request.resume().on('end', () => response.end());
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

it.each([
  ['a name that is known is shipped without a look-up', 'collector.invalid', '127.0.0.1'],
  ['a name that has moved since is looked up', 'localhost', '127.0.0.2'],
])('a request to %s', async (_, host, address) => {
  const receiver = new Worker(RECEIVER, { eval: true });
  onTestFinished(async () => void (await receiver.terminate()));
  const [port] = (await once(receiver, 'message')) as [number];
  const called = once(receiver, 'message');
  const addresses = [{ address, family: 4 }];
  const shipment = new Shipment({ startedAt: Date.now(), limitMillis: 10_000 });
  const body = { chunks: [new Uint8Array(10)], byteLength: 10 };
  expect(
    shipment.take({
      protocol: 'http/protobuf',
      signal: 'traces',
      itemCount: 1,
      url: `http://${host}:${port}/v1/traces`,
      headers: {},
      addresses,
      body,
    }),
  ).toBe(true);
  shipment.end();
  expect(await called).toEqual([`${host}:${port}`]);
});
