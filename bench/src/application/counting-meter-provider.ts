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
 * Reads what upstream's processor reports about itself: the two metrics it has, added up without a metrics SDK, so
 * that the reading costs nothing worth measuring.
 */
export class CountingMeterProvider implements MeterProvider {
  /** Items processed, by `error.type`; those without an error are under the empty string. */
  readonly processed: Record<string, number> = {};
  private readonly processedName: string;
  private readonly queueSizeName: string;
  private readQueueSize: ObservableCallback | undefined;

  /** @param signal as the conventions name it in metrics: https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/ */
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
