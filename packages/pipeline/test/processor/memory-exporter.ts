import type { FlushOutcome } from '@spillway/backpressure';
import type { ItemEncoder } from '@spillway/otlp/encoding';
import type { OtlpRequestBody } from '@spillway/otlp/transport';
import { type ItemExporter, listFormat, OTLP_PARTS, type OtlpParts } from '@spillway/pipeline';

const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

/**
 * Takes the place of one of Spillway's exporters: items are encoded for it, and the requests are kept here instead of
 * being sent, so that a test can read the bytes without a network and without real time.
 */
export class MemoryExporter<Item> implements ItemExporter<Item> {
  /** Whole bodies, in the order in which they were sent. */
  readonly bodies: Buffer[] = [];
  readonly [OTLP_PARTS]: OtlpParts<Item>;
  #release: (() => void) | undefined;
  #held: Promise<void> | undefined;

  /** @param isHeld whether nothing is answered before `release` is called */
  constructor(encoder: ItemEncoder<Item>, isHeld = false) {
    if (isHeld) this.#held = new Promise((resolve) => (this.#release = resolve));
    const transport = {
      send: (body: OtlpRequestBody, signal: AbortSignal) => this.#send(body, signal),
      requestOf: (body: OtlpRequestBody) => ({ protocol: 'http/protobuf' as const, url: 'memory:', headers: {}, body }),
      shutdown: async () => {},
    };
    const { newBuffer } = listFormat(encoder);
    this[OTLP_PARTS] = { newBuffer, transport, maxRequestBytes: MAX_REQUEST_BYTES, concurrencyLimit: 1 };
  }

  /** Answers held requests, and from now on all immediately. */
  release(): void {
    this.#release?.();
    this.#held = undefined;
  }

  export(): void {
    throw new Error('items should have been encoded, not exported as objects');
  }

  async shutdown(): Promise<void> {}

  async #send({ chunks }: OtlpRequestBody, signal: AbortSignal): Promise<FlushOutcome> {
    this.bodies.push(Buffer.concat(chunks));
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([this.#held, aborted]);
    return signal.aborted ? { kind: 'retry', error: new Error('aborted') } : { kind: 'delivered' };
  }
}
