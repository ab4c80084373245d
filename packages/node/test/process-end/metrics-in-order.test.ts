import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import type { RequestHead } from '../../src/process-end/shipping-frames.ts';
import { Deliveries } from '../../src/process-end/shipping-program/deliveries.ts';
import { Stop } from '../../src/process-end/shipping-program/stop.ts';

/** A collector that does not take its first request at the first attempt. @returns its URL, and the bodies it was sent */
async function startHesitant(): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => void answer(request, response));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    bodies.push(await text(request));
    response.writeHead(bodies.length === 1 ? 503 : 200).end();
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, bodies };
}

async function deliverTwo(signal: RequestHead['signal']): Promise<string[]> {
  const { url, bodies } = await startHesitant();
  const deliveries = new Deliveries(Date.now() + 10_000, new Stop(), () => {});
  const head: RequestHead = {
    url,
    signal,
    isJson: false,
    isGrpc: false,
    socketPath: undefined,
    itemCount: 1,
    headers: {},
    tls: undefined,
    proxy: undefined,
    addresses: undefined,
    compression: undefined,
    byteLength: 5,
  };
  await Promise.all(['older', 'newer'].map((body) => deliveries.deliver(head, Buffer.from(body))));
  return bodies;
}

it('metrics that are left at the end are sent one request after the other, so that no older value follows a newer one', async () => {
  expect(await deliverTwo('metrics')).toEqual(['older', 'older', 'newer']);
});

it('requests of other signals do not wait for each other', async () => {
  const bodies = await deliverTwo('traces');
  expect(bodies).toHaveLength(3);
  expect(bodies.slice(0, 2).toSorted()).toEqual(['newer', 'older']);
});
