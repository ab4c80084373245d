import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runProgram } from '@spillway/test/example';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Order, sendOrders } from '../src/order-sender.ts';

const EXAMPLE = new URL('..', import.meta.url);
const PATIENCE_MILLIS = 60_000;

type Shop = EventEmitter<{ order: [Order] }>;

/** Takes orders, after the answers that a test gives it. */
class OrderServer {
  readonly #server: Server;
  readonly received: Order[] = [];
  readonly answers: { readonly status: number; readonly headers?: Readonly<Record<string, string>> }[] = [];
  requests = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        this.requests += 1;
        const { status, headers } = this.answers.shift() ?? { status: 200 };
        if (status === 200) this.received.push(...(JSON.parse(body) as Order[]));
        response.writeHead(status, headers).end();
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/orders`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('the example of an event emitter', () => {
  let server: OrderServer;
  let url: string;
  let shop: Shop;

  beforeEach(async () => {
    server = new OrderServer();
    url = await server.listen();
    shop = new EventEmitter();
  });

  afterEach(() => server.close());

  const emit = (count: number): void => {
    for (let id = 0; id < count; id += 1) shop.emit('order', { id, book: 'Walden' });
  };
  const ids = (): number[] => server.received.map(({ id }) => id).toSorted((a, b) => a - b);
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

  it(
    'delivers each order once',
    async () => {
      // Runs the built package.
      expect(await runProgram(EXAMPLE, ['src/main.ts'], { URL: url }, PATIENCE_MILLIS)).toMatchObject({
        code: 0,
        stdout: '1000 orders are delivered\n',
        stderr: '',
      });
      expect(ids()).toEqual(upTo(1_001).slice(1));
    },
    2 * PATIENCE_MILLIS,
  );

  it('loses no order while the server fails, asks for a pause, and finds a request too large', async () => {
    server.answers.push(
      { status: 500 },
      { status: 503, headers: { 'retry-after': '0.01' } },
      { status: 413 },
      { status: 429 },
    );
    const orders = sendOrders(shop, url, { retry: { initialBackoffMs: 1, maxBackoffMs: 2 } });
    emit(1_000);
    expect(await orders.close({ timeoutMs: PATIENCE_MILLIS })).toMatchObject({ failed: 0, remaining: 0 });
    expect(ids()).toEqual(upTo(1_000));
  });

  it('counts the orders that the server refuses, and delivers the others', async () => {
    server.answers.push({ status: 400 });
    const orders = sendOrders(shop, url);
    emit(250);
    await orders.close({ timeoutMs: PATIENCE_MILLIS });
    const { eventsFlushed, droppedByReason } = orders.getMetrics();
    expect(eventsFlushed).toBe(server.received.length);
    expect(eventsFlushed + (droppedByReason.rejected ?? 0)).toBe(250);
    expect(droppedByReason.rejected).toBeGreaterThan(0);
  });

  it('gives up the oldest orders, and counts them, if there are more than may wait', async () => {
    const orders = sendOrders(shop, url, { maxBufferSize: 100 });
    emit(150);
    expect(orders.getMetrics().droppedByReason).toMatchObject({ evicted: 50 });
    await orders.close({ timeoutMs: PATIENCE_MILLIS });
    expect(ids()).toEqual(upTo(150).slice(50));
  });
});
