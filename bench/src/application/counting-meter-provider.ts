import {
  createNoopMeter,
  type Attributes,
  type Counter,
  type Meter,
  type MeterProvider,
  type ObservableCallback,
  type ObservableUpDownCounter,
} from '@opentelemetry/api';

/**
 * Reads the two metrics that upstream's processor reports about itself. They are added up without a metrics SDK, so
 * that reading them costs next to nothing.
 */
export class CountingMeterProvider implements MeterProvider {
  /** Items processed, by `error.type`; the key for items without an error is the empty string. */
  readonly processed: Record<string, number> = {};
  private readonly processedName: string;
  private readonly queueSizeName: string;
  private readQueueSize: ObservableCallback | undefined;

  /** @param signal the name in metrics by the conventions: https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/ */
  constructor(signal: 'span' | 'log') {
    this.processedName = `otel.sdk.processor.${signal}.processed`;
    this.queueSizeName = `otel.sdk.processor.${signal}.queue.size`;
  }

  getMeter(): Meter {
    const meter: Meter = Object.create(createNoopMeter());
    meter.createCounter = (name): Counter => ({
      add: (count: number, attributes?: Attributes) => {
        if (name !== this.processedName) return;
        const error = attributes?.['error.type'];
        const reason = typeof error === 'string' ? error : '';
        this.processed[reason] = (this.processed[reason] ?? 0) + count;
      },
    });
    meter.createObservableUpDownCounter = (name): ObservableUpDownCounter => ({
      addCallback: (callback: ObservableCallback) => {
        if (name === this.queueSizeName) this.readQueueSize = callback;
      },
      // The last value stays readable after the processor's shutdown.
      removeCallback: () => {},
    });
    return meter;
  }

  /** Items in the queue now. */
  queueSize(): number {
    let size = 0;
    void this.readQueueSize?.({
      observe: (value: number) => {
        size = value;
      },
    });
    return size;
  }
}
