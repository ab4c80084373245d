import type { OtlpExporterOptions } from '@spillway/otlp';
import type { BackpressureProcessor, OtlpExporter } from '@spillway/pipeline';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type Collector, startCollector } from '../../../../test/collector/src/index.ts';
import type { ItemSource, ProcessorOptionsOf, ProcessorSubject } from './processor-subject.ts';
import { recordingExporter } from './scripted-exporter.ts';

/** Starts a collector for each test of the surrounding block, and shuts the test's processors down after it. */
export function useProcessorSetup<Item extends object>(subject: ProcessorSubject<Item>): ProcessorSetup<Item> {
  const setup = new ProcessorSetup(subject);
  beforeEach(() => setup.open());
  afterEach(() => setup.close());
  return setup;
}

/** The parts of a processor test: its signal, a collector, and processors whose counters must add up. */
export class ProcessorSetup<Item extends object> {
  readonly subject: ProcessorSubject<Item>;
  readonly #processors: BackpressureProcessor<Item>[] = [];
  #collector: Collector | undefined;

  /** @internal */
  constructor(subject: ProcessorSubject<Item>) {
    this.subject = subject;
  }

  get collector(): Collector {
    if (this.#collector === undefined) throw new Error('there is a collector only while a test runs');
    return this.#collector;
  }

  /** A processor that sends to the collector, unless the options have another exporter. */
  processorWith(options: ProcessorOptionsOf<Item> = {}): BackpressureProcessor<Item> {
    const exporter = options.exporter ?? this.otlpExporter();
    return this.watched(new this.subject.Processor({ drainTimeoutMillis: 300, ...options, exporter }));
  }

  /** The processor, which is shut down and checked at the end of the test. */
  watched(processor: BackpressureProcessor<Item>): BackpressureProcessor<Item> {
    this.#processors.push(processor);
    return processor;
  }

  otlpExporter(options: OtlpExporterOptions = {}): OtlpExporter<Item> {
    return new this.subject.OtlpExporter({ url: this.collectorUrl, ...options });
  }

  get collectorUrl(): string {
    return `${this.collector.url}/v1/${this.subject.signal}`;
  }

  /** Makes `item 0`, `item 1` and so on. */
  emit(source: ItemSource, count: number, name = 'item'): void {
    for (const each of itemNames(count, name)) source.emit(each);
  }

  /** Makes items with a provider that has only this processor. */
  emitTo(processor: BackpressureProcessor<Item>, count: number, name?: string): void {
    this.emit(this.subject.sourceWith([processor]), count, name);
  }

  /** Items as the SDK passes them to a processor. */
  async madeItems(count: number): Promise<readonly Item[]> {
    const exporter = recordingExporter<Item>();
    const processor = this.processorWith({ exporter });
    this.emitTo(processor, count);
    await processor.forceFlush();
    return exporter.exported;
  }

  /** A resource with a name, and an attribute that never comes. */
  resourceOfHangingDetector(): object {
    return this.subject.sdk.resourceFromAttributes({
      'service.name': 'shop',
      'host.id': new Promise<string>(() => {}),
    });
  }

  /** For each item that the collector has: names and values of its resource's attributes. */
  receivedResources(): readonly (readonly unknown[])[] {
    return this.subject
      .received(this.collector)
      .map(({ resource }) => (resource?.attributes ?? []).flatMap(({ key, value }) => [key, value?.stringValue]));
  }

  /** The names of the items that the collector has, in the order of arrival. */
  get receivedNames(): readonly unknown[] {
    return this.subject.received(this.collector).map(({ name }) => name);
  }

  /** @internal */
  async open(): Promise<void> {
    this.#collector = await startCollector();
  }

  /** @internal */
  async close(): Promise<void> {
    vi.unstubAllEnvs();
    for (const processor of this.#processors.splice(0)) {
      await processor.shutdown();
      expectLaw(processor);
    }
    await this.collector.close();
    this.#collector = undefined;
  }
}

export function itemNames(count: number, name = 'item'): string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index}`);
}

/** offered = accepted + rejected; accepted = flushed + failed + evicted + spilled + buffered + in flight */
export function expectLaw(processor: Pick<BackpressureProcessor<never>, 'getMetrics'>): void {
  const metrics = processor.getMetrics();
  expect(metrics.eventsAccepted).toBe(
    metrics.eventsFlushed +
      metrics.eventsFailed +
      metrics.eventsEvicted +
      metrics.eventsSpilled +
      metrics.bufferSize +
      metrics.inFlight,
  );
  expect(metrics.eventsOffered).toBe(metrics.eventsAccepted + metrics.eventsRefused);
}

/** The item with other fields. It inherits the rest, because the SDKs' fields are getters that read private state. */
export function withFields<Item extends object>(item: Item, fields: Readonly<Record<string, unknown>>): Item {
  return Object.create(item, Object.getOwnPropertyDescriptors(fields)) as Item;
}

/** Enough for everything that settles by itself: microtasks, and immediates that set each other. */
const TURNS = 10;

/** Whether a promise is still pending after everything that can happen without time or outside events. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  // oxlint-disable-next-line no-await-in-loop -- one turn after the other
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
}
