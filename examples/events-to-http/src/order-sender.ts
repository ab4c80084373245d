import type { EventEmitter } from 'node:events';
import {
  BackpressureController,
  type BackpressureControllerConfig,
  type FlushContext,
  type FlushOutcome,
} from '@spillway/backpressure';

export interface Order {
  readonly id: number;
  readonly book: string;
}

/** Sends each order that a shop emits to a URL. Close it to send those that are left. */
export function sendOrders(
  shop: EventEmitter<{ order: [Order] }>,
  url: string,
  options: BackpressureControllerConfig<Order> = {},
): BackpressureController<Order> {
  const orders = new BackpressureController<Order>((batch, { signal }) => post(url, batch, signal), {
    // An emitter cannot be told to wait. If the server is away for too long, the oldest orders are given up, and counted.
    strategy: 'drop_oldest',
    maxBufferSize: 100_000,
    batchSize: 100,
    ...options,
  });
  orders.start();
  shop.on('order', (order) => void orders.tryPush(order));
  return orders;
}

/** One attempt. What to do after a failure is up to the controller. */
async function post(url: string, batch: readonly Order[], signal: FlushContext['signal']): Promise<FlushOutcome> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(batch), signal });
  const error = new Error(`the server answered ${response.status}: ${await response.text()}`);
  if (response.ok) return { kind: 'delivered' };
  if (response.status === 429 || response.status === 503) return throttled(error, response.headers.get('retry-after'));
  if (response.status === 413) return { kind: 'too_large', error };
  return response.status >= 500 ? { kind: 'retry', error } : { kind: 'refused', error };
}

function throttled(error: Error, seconds: string | null): FlushOutcome {
  return { kind: 'throttled', error, ...(seconds !== null && { retryAfterMs: Number(seconds) * 1_000 }) };
}
