import {
  createNoopMeter,
  type Attributes,
  type Counter,
  type Meter,
  type MeterProvider,
  type ObservableCallback,
  type ObservableUpDownCounter,
} from '@opentelemetry/api';

const PROCESSED = 'otel.sdk.processor.span.processed';
const QUEUE_SIZE = 'otel.sdk.processor.span.queue.size';

/**
 * Reads what upstream's processor reports about itself: the two metrics it has, added up without a metrics SDK, so
 * that the reading costs nothing worth measuring.
 */
export class CountingMeterProvider implements MeterProvider {
  /** Spans processed, by `error.type`; those without an error are under the empty string. */
  readonly processed: Record<string, number> = {};
  private readQueueSize: ObservableCallback | undefined;

  getMeter(): Meter {
    const meter: Meter = Object.create(createNoopMeter());
    meter.createCounter = (name): Counter => ({
      add: (count: number, attributes?: Attributes) => {
        if (name !== PROCESSED) return;
        const error = attributes?.['error.type'];
        const reason = typeof error === 'string' ? error : '';
        this.processed[reason] = (this.processed[reason] ?? 0) + count;
      },
    });
    meter.createObservableUpDownCounter = (name): ObservableUpDownCounter => ({
      addCallback: (callback: ObservableCallback) => {
        if (name === QUEUE_SIZE) this.readQueueSize = callback;
      },
      // The last value stays readable after the processor's shutdown.
      removeCallback: () => {},
    });
    return meter;
  }

  /** Spans in the queue now. */
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
