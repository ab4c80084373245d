import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { Shipment } from '../../src/process-end/ship.ts';

/** More than the kernel takes, so that who ends at the answer leaves the rest behind. */
const BODY_BYTES = 32 * 2 ** 20;

/** In a thread of its own, for who ships waits for it. It answers the first bytes at once, and reads the rest a moment later. */
const RECEIVER = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer((socket) => {
    let received = 0;
    socket.on('error', () => {});
    socket.on('data', (chunk) => (received += chunk.length));
    socket.once('data', () => {
      socket.pause().write('HTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\n\\r\\n');
      setTimeout(() => socket.resume(), 100);
    });
    socket.once('close', () => parentPort.postMessage(received));
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

it('a request that is shipped is sent to its end where the answer comes before that', async () => {
  const receiver = new Worker(RECEIVER, { eval: true });
  onTestFinished(async () => void (await receiver.terminate()));
  const [port] = (await once(receiver, 'message')) as [number];
  const received = once(receiver, 'message');
  const shipment = new Shipment({ startedAt: Date.now(), limitMillis: 10_000 });
  const body = { chunks: [new Uint8Array(BODY_BYTES)], byteLength: BODY_BYTES };
  expect(
    shipment.take({
      protocol: 'http/protobuf',
      signal: 'traces',
      itemCount: 1,
      url: `http://127.0.0.1:${port}/v1/traces`,
      headers: {},
      body,
    }),
  ).toBe(true);
  shipment.end();
  expect((await received)[0]).toBeGreaterThan(BODY_BYTES);
});
