// A stand-in until the reader and the exporter are merged. It sends an empty request per collection.
import { readMetricReaderEnvironment } from '@spillway/config';
import { type OtlpExporterOptions, resolveExporterOptions } from '@spillway/otlp';
import { createTransport } from '@spillway/otlp/transport';
import { listFormat, OTLP_PARTS, type ProcessorMetrics, type TakeRequest } from '@spillway/pipeline';
import type { ItemEncoder } from '@spillway/otlp/encoding';
import type { CollectedPoint } from './collected-point.ts';
import type { PressureSource } from '@spillway/backpressure';

const ENCODER: ItemEncoder<CollectedPoint> = {
  encode(_, writer) {
    writer.reserve(2);
    writer.bytes[writer.position++] = 0x12;
    writer.bytes[writer.position++] = 0;
  },
  scopeOf: ({ scope }) => scope,
  resourceOf: ({ resource }) => resource,
};

export interface OtlpMetricExporterOptions extends OtlpExporterOptions {
  readonly temporalityPreference?: 'cumulative' | 'delta' | 'lowmemory' | undefined;
}

export class OtlpMetricExporter {
  readonly [OTLP_PARTS]: never;
  constructor(options: OtlpMetricExporterOptions = {}) {
    const { protocol, transport } = resolveExporterOptions('metrics', options, () => {});
    this[OTLP_PARTS] = {
      transport: createTransport(protocol, transport),
      maxRequestBytes: 4_000_000,
      encoder: ENCODER,
    } as never;
  }
  export(_collection: unknown, done: (result: { code: number }) => void): void {
    done({ code: 0 });
  }
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

export interface PushMetricExporterLike {
  export(collection: never, done: (result: { readonly code: number }) => void): void;
  shutdown(): Promise<void>;
  forceFlush?(): Promise<void>;
}

export interface BackpressureMetricReaderOptions {
  readonly exporter?: PushMetricExporterLike | undefined;
  readonly exportIntervalMillis?: number | undefined;
  readonly drainTimeoutMillis?: number | undefined;
  readonly pressure?: readonly PressureSource[] | undefined;
}

export class BackpressureMetricReader {
  readonly #exporter: PushMetricExporterLike;
  #producer: { collect(): Promise<{ resourceMetrics: never }> } | undefined;
  constructor({ exporter = new OtlpMetricExporter(), ...options }: BackpressureMetricReaderOptions = {}) {
    if (options.exportIntervalMillis === 0) throw new RangeError('exportIntervalMillis must be above 0, got 0');
    readMetricReaderEnvironment();
    this.#exporter = exporter;
  }
  setMetricProducer(producer: never): void {
    this.#producer = producer;
  }
  selectAggregation(): unknown {
    return { type: 0 };
  }
  selectAggregationTemporality(): number {
    return 1;
  }
  selectCardinalityLimit(): number {
    return 2_000;
  }
  async forceFlush(_options?: object): Promise<void> {
    const collected = await this.#producer?.collect();
    if (collected !== undefined) this.#exporter.export(collected.resourceMetrics, () => {});
  }
  async shutdown(): Promise<void> {
    await this.forceFlush();
    await this.#exporter.shutdown();
  }
  handOverNext(_take: TakeRequest): boolean {
    return false;
  }
  giveUp(): number {
    return 0;
  }
  getMetrics(): ProcessorMetrics {
    return { state: 'normal', eventsFlushed: 0, droppedByReason: { drain_timeout: 0 } } as unknown as ProcessorMetrics;
  }
}
