import { createServer } from 'node:net';
import { once } from 'node:events';
import type { HttpRequestToHandOver, OutgoingRequest } from '@spillway/otlp/transport';
import { describe, expect, it } from 'vitest';
import { mintCertificates } from '../../../../test/collector/src/index.ts';
import { Shipment, type ShipmentOptions } from '../../src/process-end/ship.ts';
import { shippingRoom } from '../../src/process-end/shipping-room.ts';
import { digestOf, startReceiver } from './receiver.ts';

const MEBIBYTE = 2 ** 20;
/** Far above what any of these takes, so that what ends before it has ended by a rule. */
const LIMIT_MILLIS = 10_000;
/** The least window, of 1 MiB. */
const LITTLE_MEMORY = { inUse: 0, left: 100 * MEBIBYTE };

function shipment(options: Partial<ShipmentOptions> = {}): Shipment {
  return new Shipment({ startedAt: Date.now(), limitMillis: LIMIT_MILLIS, memory: LITTLE_MEMORY, ...options });
}

function requestTo(url: string, byteLength = 10, rest: Partial<HttpRequestToHandOver> = {}): OutgoingRequest {
  const bytes = Buffer.alloc(byteLength, `${url}${byteLength}`);
  // In pieces, as a pipeline gives them.
  const half = byteLength >> 1;
  return {
    protocol: 'http/protobuf',
    signal: 'traces',
    itemCount: 1,
    url,
    headers: {},
    body: { chunks: [bytes.subarray(0, half), bytes.subarray(half)], byteLength },
    ...rest,
  };
}

function digestOfRequest({ body }: OutgoingRequest): string {
  return digestOf(Buffer.concat(body.chunks));
}

/** @returns the milliseconds that it took */
function shipAll(requests: readonly OutgoingRequest[], options: Partial<ShipmentOptions> = {}): number {
  const startedAt = Date.now();
  const shipping = shipment(options);
  for (const request of requests) expect(shipping.take(request)).toBe(true);
  shipping.end();
  return Date.now() - startedAt;
}

describe('a shipment', () => {
  it.each([
    ['a child that is fed while it runs', true],
    ['children that get a portion each, as on Windows and in worker threads', false],
  ])('sends more than fits into its window at a time, by %s', async (_, isStreamed) => {
    const receiver = await startReceiver();
    const sizes = [600_000, 10, 3 * MEBIBYTE, 700_000, 500_000, 0, 900_000];
    const requests = sizes.map((size, index) => requestTo(`http://127.0.0.1:${receiver.port}/${index}`, size));
    shipAll(requests, { isStreamed });
    const received = (await receiver.received()).map(({ url, digest }) => `${url} ${digest}`);
    expect(received.toSorted()).toEqual(requests.map((request, index) => `/${index} ${digestOfRequest(request)}`));
  });

  it('takes no more than the window and what the pipe holds, if the collector never answers, and stops in time', async () => {
    const receiver = await startReceiver({ answer: '' });
    const startedAt = Date.now();
    const shipping = shipment({ limitMillis: 1_500 });
    let taken = 0;
    while (shipping.take(requestTo(`http://127.0.0.1:${receiver.port}/`, MEBIBYTE / 4))) taken += 1;
    shipping.end();
    expect(shipping.losses.reduce((sum, { items }) => sum + items, 0)).toBe(taken);
    expect(shipping.losses.map(({ reason }) => reason)).not.toContain('rejected');
    expect(taken).toBeGreaterThanOrEqual(4);
    expect(taken).toBeLessThanOrEqual(6);
    expect(shipping.isOver).toBe(true);
    expect(shipping.obstacle).toBe('there was no time left to ship them');
    expect(Date.now() - startedAt).toBeLessThan(1_500 + 1_000);
  });

  it('stops soon if nobody listens, however much is held', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as { port: number };
    closed.close();
    const startedAt = Date.now();
    const shipping = shipment();
    let taken = 0;
    while (shipping.take(requestTo(`http://127.0.0.1:${port}/`, MEBIBYTE))) taken += 1;
    shipping.end();
    expect(shipping.obstacle).toContain('ECONNREFUSED');
    expect(shipping.losses).toMatchObject([{ items: taken, reason: 'drain_timeout', mayHaveArrived: false }]);
    expect(Date.now() - startedAt).toBeLessThan(LIMIT_MILLIS / 2);
  });

  it('goes on to one address if nobody listens at another', async () => {
    const receiver = await startReceiver();
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as { port: number };
    closed.close();
    const [deserted, other] = [`http://127.0.0.1:${port}/`, `http://127.0.0.1:${receiver.port}/`];
    shipAll([deserted, deserted, deserted, other, deserted, other, other].map((url) => requestTo(url, MEBIBYTE)));
    expect(await receiver.received()).toHaveLength(3);
  });

  it('starts no process if there is no memory for one, and says so', async () => {
    const receiver = await startReceiver();
    const shipping = shipment({ memory: { inUse: 250 * MEBIBYTE, left: 6 * MEBIBYTE } });
    expect(shipping.take(requestTo(`http://127.0.0.1:${receiver.port}/`))).toBe(false);
    expect(shipping.isOver).toBe(true);
    expect(shipping.obstacle).toBe('there was no memory left for the process that ships them');
    expect(await receiver.received()).toEqual([]);
  });

  it('leaves out a request for which there is no memory, and sends the others', async () => {
    const receiver = await startReceiver();
    const shipping = shipment({ memory: { inUse: 200 * MEBIBYTE, left: 20 * MEBIBYTE } });
    const taken = [1, 3, 1].map((size) =>
      shipping.take(requestTo(`http://127.0.0.1:${receiver.port}/${size}`, size * MEBIBYTE)),
    );
    shipping.end();
    expect(taken).toEqual([true, false, true]);
    expect(shipping.obstacle).toBe('there was no memory left to ship a request of 3145728 bytes');
    expect((await receiver.received()).map(({ url }) => url)).toEqual(['/1', '/1']);
  });

  it('never throws, whatever a request is', () => {
    const shipping = shipment();
    expect(shipping.take({ ...requestTo('http://127.0.0.1:1/'), headers: { a: 1n as unknown as string } })).toBe(false);
    expect(() => shipping.end()).not.toThrow();
    expect(shipping.obstacle).toContain('could not be shipped');
  });

  it('goes on to one address, however many requests are for another where nobody listens', async () => {
    const receiver = await startReceiver();
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as { port: number };
    closed.close();
    const pair = [port, receiver.port].map((each) => `http://127.0.0.1:${each}/`);
    shipAll(
      Array.from({ length: 12 }, () => pair)
        .flat()
        .map((url) => requestTo(url, MEBIBYTE)),
    );
    expect(await receiver.received()).toHaveLength(12);
  });
});

describe('the window of a shipment', () => {
  it.each([
    ['is what lets the memory in use grow by less than a third', { inUse: 120, left: 1_000 }, 10],
    ['is a mebibyte at least', { inUse: 20, left: 1_000 }, 1],
    ['is 16 MiB at most', { inUse: 2_000, left: Infinity }, 16],
    ['goes by the memory that is left if that is less', { inUse: 240, left: 24 }, 4],
  ])('%s', (_, { inUse, left }, window) => {
    expect(shippingRoom({ inUse: inUse * MEBIBYTE, left: left * MEBIBYTE })?.windowBytes).toBe(window * MEBIBYTE);
  });
});

describe('the process that ships', () => {
  const elsewhere = mintCertificates();

  it.each([
    ['refuses for good', 'await received(); response.writeHead(400).end();'],
    [
      'wants to be left alone for longer than there is time',
      "await received(); response.writeHead(429, { 'retry-after': '60' }).end();",
    ],
    [
      'wants to be left alone until a date beyond that time',
      "await received(); response.writeHead(503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }).end();",
    ],
  ])('sends a request once to a collector that %s', async (_, answer) => {
    const receiver = await startReceiver({ answer });
    expect(shipAll([requestTo(`http://127.0.0.1:${receiver.port}/`)])).toBeLessThan(LIMIT_MILLIS / 2);
    expect(await receiver.received()).toHaveLength(1);
  });

  it('waits until the date that a collector names', async () => {
    const receiver = await startReceiver({
      answer:
        "await received(); if (index === 0) response.writeHead(503, { 'retry-after': new Date(Date.now() + 2_000).toUTCString() }); response.end();",
    });
    shipAll([requestTo(`http://127.0.0.1:${receiver.port}/`)]);
    const [first, second] = await receiver.received();
    // A date has whole seconds.
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(950);
  });

  it.each([
    [
      'breaks off',
      "response.writeHead(200, { 'content-length': 10 }).write('x'); setTimeout(() => response.destroy(), 50);",
    ],
    [
      'is no HTTP after its head',
      "request.socket.write('HTTP/1.1 200 OK\\r\\ntransfer-encoding: chunked\\r\\n\\r\\nno chunk');",
    ],
  ])('does not repeat a request whose answer %s, and sends the others', async (_, answer) => {
    const receiver = await startReceiver({
      answer: `await received(); if (index > 0) response.end(); else { ${answer} }`,
    });
    const url = (index: number) => `http://127.0.0.1:${receiver.port}/${index}`;
    shipAll([0, 1, 2].map((index) => requestTo(url(index), MEBIBYTE)));
    expect((await receiver.received()).map((request) => request.url).toSorted()).toEqual(['/0', '/1', '/2']);
  });

  it('asks for the collector by its name, through a tunnel', async () => {
    const receiver = await startReceiver({ tls: elsewhere.badServers.otherHost, connect: 'accept();' });
    const proxy = proxyAt(receiver.port);
    shipAll([requestTo('https://elsewhere.test/v1/traces', 10, { tls: { ca: elsewhere.ca }, proxy })]);
    expect(await receiver.received()).toMatchObject([{ url: '/v1/traces', servername: 'elsewhere.test' }]);
  });

  it('asks a proxy again that has refused a tunnel', async () => {
    const receiver = await startReceiver({
      tls: elsewhere.badServers.otherHost,
      // The connection stays open: nothing but the status says that there is no tunnel.
      connect: "if (index === 0) socket.write('HTTP/1.1 503 No\\r\\n\\r\\n'); else accept();",
    });
    const proxy = proxyAt(receiver.port);
    const millis = shipAll([requestTo('https://elsewhere.test/v1/traces', 10, { tls: { ca: elsewhere.ca }, proxy })]);
    expect(await receiver.received()).toHaveLength(1);
    expect(millis).toBeLessThan(LIMIT_MILLIS / 2);
  });
});

function proxyAt(port: number) {
  return { protocol: 'http:', hostname: '127.0.0.1', port, authorization: undefined, variable: 'HTTP_PROXY' } as const;
}
