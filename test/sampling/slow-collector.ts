import type { ItemEncoder } from '@spillway/otlp/encoding';
import type { OtlpRequestBody } from '@spillway/otlp/transport';
import { type ItemExporter, listFormat, OTLP_PARTS, type OtlpParts } from '@spillway/pipeline';
import type { DeliveredItem } from './delivered-items.ts';

const MILLIS_PER_SECOND = 1_000;

/**
 * An exporter whose collector takes a limited number of items per second of simulated time, one request after the
 * other. It never fails, so all items that are missing in the end were given up before.
 */
export class SlowCollector<Item> implements ItemExporter<Item> {
  readonly [OTLP_PARTS]: OtlpParts<Item>;
  /** In the order in which they were taken. */
  readonly delivered: DeliveredItem[] = [];
  /** Attempts that were aborted. Their items come again. */
  aborted = 0;
  itemsPerSecond: number;
  readonly #read: (body: Buffer) => DeliveredItem[];
  #busyUntil = 0;

  /** @param read reads a request */
  constructor(encoder: ItemEncoder<Item>, read: (body: Buffer) => DeliveredItem[], itemsPerSecond: number) {
    this.itemsPerSecond = itemsPerSecond;
    this.#read = read;
    this[OTLP_PARTS] = {
      newBuffer: listFormat(encoder).newBuffer,
      transport: { send: (body, signal) => this.#send(body, signal), shutdown: () => Promise.resolve() },
      maxRequestBytes: 2 ** 20,
      concurrencyLimit: 4,
    };
  }

  export(): void {
    throw new Error('items are to come encoded');
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  #send({ chunks }: OtlpRequestBody, signal: AbortSignal): Promise<{ readonly kind: 'delivered' }> {
    // Read the items now, because the bytes may be overwritten once the request has settled.
    const items = this.#read(Buffer.concat(chunks));
    const now = performance.now();
    this.#busyUntil = Math.max(this.#busyUntil, now) + (items.length / this.itemsPerSecond) * MILLIS_PER_SECOND;
    signal.addEventListener('abort', () => (this.aborted += 1), { once: true });
    return new Promise((resolve) => {
      setTimeout(() => {
        for (const item of items) this.delivered.push(item);
        resolve({ kind: 'delivered' });
      }, this.#busyUntil - now);
    });
  }
}
