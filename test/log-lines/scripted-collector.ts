import type { FlushOutcome } from '@spillway/backpressure';
import type { OtlpRequestBody } from '@spillway/otlp/transport';
import { OTLP_PARTS, type OtlpParts, type SdkExporter } from '@spillway/pipeline';

/** A collector's answer to one request. `undefined` means that it never answers. */
export type Answer = (body: OtlpRequestBody) => FlushOutcome | undefined;

const LATENCY_MILLIS = 50;

/** An exporter whose collector answers according to a script. */
export class ScriptedCollector<Item> implements SdkExporter<never> {
  readonly [OTLP_PARTS]: OtlpParts<Item>;
  answer: Answer = () => ({ kind: 'delivered' });

  constructor(newBuffer: OtlpParts<Item>['newBuffer']) {
    this[OTLP_PARTS] = {
      newBuffer,
      transport: { send: (body, signal) => this.#send(body, signal), shutdown: async () => {} },
      maxRequestBytes: 2 ** 20,
      concurrencyLimit: 4,
    };
  }

  export(): void {
    throw new Error('items are to come encoded');
  }

  async shutdown(): Promise<void> {}

  async #send(body: OtlpRequestBody, signal: AbortSignal): Promise<FlushOutcome> {
    return new Promise((resolve) => {
      const outcome = this.answer(body);
      if (outcome !== undefined) setTimeout(() => resolve(outcome), LATENCY_MILLIS);
      signal.addEventListener(
        'abort',
        () => resolve({ kind: 'retry', error: new Error('the request took too long'), timedOut: true }),
        { once: true },
      );
    });
  }
}
