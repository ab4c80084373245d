import type { Context, ContextAPI } from '@opentelemetry/api';
import type { DropReason } from '@spillway/backpressure';
import type { OtlpExporterOptions } from '@spillway/otlp';
import type { BackpressureProcessor, ItemExporter, OtlpExporter, ProcessorOptions } from '@spillway/pipeline';
import type { Collector, OtlpKeyValue, OtlpResource, SignalName } from '../../../../test/collector/src/index.ts';

/** The parts of an SDK line that both signals share. */
export interface SdkLine {
  readonly name: string;
  readonly context: Pick<ContextAPI, 'active'>;
  isTracingSuppressed(active: Context): boolean;
  /** Where upstream's own processors report their errors. */
  setGlobalErrorHandler(handler: (error: unknown) => void): void;
  resourceFromAttributes(attributes: Record<string, string | Promise<string>>): object;
}

/** The options that the processors of all signals take. */
export type ProcessorOptionsOf<Item> = ProcessorOptions<Item> & { readonly exporter?: ItemExporter<never> | undefined };

/** Options that have the same names in Spillway's processors. */
export interface UpstreamOptions {
  readonly maxQueueSize?: number;
  readonly maxExportBatchSize?: number;
  readonly scheduledDelayMillis?: number;
  readonly exportTimeoutMillis?: number;
}

/** The methods of upstream's processors that are called. */
export interface UpstreamProcessor {
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** A provider of the SDK, and the items that an application makes with it. */
export interface ItemSource {
  /** Makes one item and passes it in, in the way of the signal: a span that ends, a record that is emitted. */
  emit(name: string): void;
  shutdown(): Promise<void>;
}

/** An item as the collector received it, in terms of both signals. */
export interface ReceivedItem {
  readonly name: string | null | undefined;
  readonly attributes: readonly OtlpKeyValue[];
  readonly droppedAttributesCount: number | null;
  readonly resource: OtlpResource | null;
}

/**
 * A signal under an SDK line: everything that the contract needs to know of either to test the processor in between.
 */
export interface ProcessorSubject<Item extends object> {
  readonly signal: SignalName;
  readonly sdk: SdkLine;
  /** Prefix of the variables of the signal's batch processor. */
  readonly environmentPrefix: string;
  readonly Processor: new (options?: ProcessorOptionsOf<Item>) => BackpressureProcessor<Item>;
  readonly OtlpExporter: new (options?: OtlpExporterOptions) => OtlpExporter<Item>;
  /** Upstream's own batch processor of this SDK line. */
  upstreamProcessor(exporter: object, options?: UpstreamOptions): UpstreamProcessor;
  sourceWith(processors: readonly object[], resource?: object): ItemSource;
  /** Calls the hook that the SDK calls, possibly with an item that no SDK would make. */
  give(processor: BackpressureProcessor<Item>, item: Item): void;
  /** The name with which it was emitted. */
  nameOf(item: Item): unknown;
  /** In the order of arrival. */
  received(collector: Collector): readonly ReceivedItem[];
  /** Items of a source that were refused for that reason, even before they were made. */
  refused(processor: BackpressureProcessor<Item>, reason: DropReason): number;
}
