import type { MeterProvider } from '@opentelemetry/api';
import type { BackpressureMetrics } from '@spillway/backpressure';
import type { RequestSpool } from '@spillway/pipeline';

/** Makes the items of a signal and builds its pipelines. The rest of the bench does not depend on the signal. */
export interface SignalUnderLoad<Item extends object, Processor> {
  /** The signal in the names of OpenTelemetry's metrics about SDKs: `otel.sdk.processor.{span,log}.processed`. */
  readonly metricName: 'span' | 'log';
  /** The SDK's provider with this processor alone. */
  createSource(processor: Processor): ItemSource;
  /** A processor that only hands every item on. */
  createTap(onItem: (item: Item) => void): Processor;
  /** Upstream's batch processor with its OTLP exporter. Loads their modules. */
  createUpstream(options: ProcessorOptions & { readonly selfObsMeterProvider: MeterProvider }): Promise<Processor>;
  /** Our processor with our OTLP exporter. Loads their modules. */
  createSpillway(
    options: ProcessorOptions & { readonly spool?: RequestSpool | undefined },
  ): Promise<Processor & MeteredProcessor>;
  /** One OTLP request with these items, as upstream encodes it. */
  serialize(items: Item[]): Promise<Uint8Array>;
}

/** Makes items through the SDK, as an application does. */
export interface ItemSource {
  /** Makes one item. Items with different serials are different items to the receiver. */
  make(serial: number): void;
  /** Resolves once everything made before has been exported. */
  flush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Options for building a processor. Options that are missing in `processorOptions` have the variant's defaults. */
export interface ProcessorOptions {
  /** The receiver's endpoint for the signal. */
  readonly url: string;
  readonly processorOptions: Readonly<Record<string, number>>;
}

/** A processor of Spillway. */
export interface MeteredProcessor {
  getMetrics(): BackpressureMetrics & { readonly eventsNotBuilt?: number };
}

/** Items as the SDK hands them to a processor, made in a separate provider. */
export function collectItems<Item extends object, Processor>(
  signal: SignalUnderLoad<Item, Processor>,
  count: number,
): Item[] {
  const items: Item[] = [];
  const source = signal.createSource(signal.createTap((item) => items.push(item)));
  for (let serial = 0; serial < count; serial++) source.make(serial);
  return items;
}
