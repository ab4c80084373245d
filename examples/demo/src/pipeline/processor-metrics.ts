import {
  type Attributes,
  type Counter,
  createNoopMeter,
  type Meter,
  type MeterProvider,
  type ObservableCallback,
  type UpDownCounter,
} from '@opentelemetry/api';

/**
 * Adds up the metrics that an OpenTelemetry processor reports about itself, without a metrics SDK.
 * https://github.com/open-telemetry/semantic-conventions/blob/v1.37.0/docs/otel/sdk-metrics.md
 */
export class ProcessorMetrics implements MeterProvider {
  delivered = 0;
  /** By `error.type`. */
  readonly lostByReason: Record<string, number> = {};
  readonly #prefix: string;
  #capacity = 0;
  #observeQueue: ObservableCallback | undefined;

  /** @param item as in the names of the metrics */
  constructor(item: 'span' | 'log') {
    this.#prefix = `otel.sdk.processor.${item}`;
  }

  getMeter(): Meter {
    const silent = createNoopMeter();
    const prefix = this.#prefix;
    return Object.assign(silent, {
      createCounter: (name: string): Counter => ({
        add: (count, attributes) => name === `${prefix}.processed` && this.#onProcessed(count, attributes),
      }),
      createUpDownCounter: (name: string): UpDownCounter => ({
        add: (count) => {
          if (name === `${prefix}.queue.capacity`) this.#capacity += count;
        },
      }),
      createObservableUpDownCounter: (name: string) => ({
        addCallback: (callback: ObservableCallback) => {
          if (name === `${prefix}.queue.size`) this.#observeQueue = callback;
        },
        removeCallback: () => {
          this.#observeQueue = undefined;
        },
      }),
    });
  }

  /** 0 to 1; 0 once the processor has shut down. */
  queueUtilization(): number {
    let size = 0;
    void this.#observeQueue?.({
      observe: (value: number) => {
        size = value;
      },
    });
    return this.#capacity === 0 ? 0 : size / this.#capacity;
  }

  #onProcessed(count: number, attributes: Attributes | undefined): void {
    const reason = attributes?.['error.type'];
    if (typeof reason === 'string') this.lostByReason[reason] = (this.lostByReason[reason] ?? 0) + count;
    else this.delivered += count;
  }
}
