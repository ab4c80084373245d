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

/** Options that ours have by the same names. */
export interface UpstreamOptions {
  readonly maxQueueSize?: number;
  readonly maxExportBatchSize?: number;
  readonly scheduledDelayMillis?: number;
  readonly exportTimeoutMillis?: number;
}

/** What is called on upstream's own processors. */
export interface UpstreamProcessor {
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** A provider of the SDK, and what an application makes with it. */
export interface ItemSource {
  /** Makes one item and hands it in, as the signal has it: a span that ends, a record that is emitted. */
  emit(name: string): void;
  shutdown(): Promise<void>;
}

/** What the collector got of an item, in the words of both signals. */
export interface ReceivedItem {
  readonly name: string | null | undefined;
  readonly attributes: readonly OtlpKeyValue[];
  readonly droppedAttributesCount: number | null;
  readonly resource: OtlpResource | null;
}

/** A signal under an SDK line: all that the contract must know of either to test the processor in between. */
export interface ProcessorSubject<Item extends object> {
  readonly signal: SignalName;
  readonly sdk: SdkLine;
  /** Begins the variables of the signal's batch processor. */
  readonly environmentPrefix: string;
  readonly Processor: new (options?: ProcessorOptionsOf<Item>) => BackpressureProcessor<Item>;
  readonly OtlpExporter: new (options?: OtlpExporterOptions) => OtlpExporter<Item>;
  /** Upstream's own batch processor of this SDK line. */
  upstreamProcessor(exporter: object, options?: UpstreamOptions): UpstreamProcessor;
  sourceWith(processors: readonly object[], resource?: object): ItemSource;
  /** Calls the hook that the SDK calls, with an item that no SDK need have made. */
  give(processor: BackpressureProcessor<Item>, item: Item): void;
  /** The name by which it was emitted. */
  nameOf(item: Item): unknown;
  /** In the order of arrival. */
  received(collector: Collector): readonly ReceivedItem[];
  /** Items of a source that were refused for that reason, be it before they were made. */
  refused(processor: BackpressureProcessor<Item>, reason: DropReason): number;
}
