// A stand-in until the reader and the exporter are merged.
import type { PressureSource } from '@spillway/backpressure';
import { readMetricReaderEnvironment } from '@spillway/config';
import type { OtlpExporterOptions } from '@spillway/otlp';
import { OtlpExporter, type ProcessorMetrics, type TakeRequest } from '@spillway/pipeline';
import { MetricBuffer } from './buffer/metric-buffer.ts';
import { type CollectedPoint, forEachPoint } from './collected-point.ts';
import type { ResourceMetricsLike } from './metric-data.ts';

export interface OtlpMetricExporterOptions extends OtlpExporterOptions {
  readonly temporalityPreference?: 'cumulative' | 'delta' | 'lowmemory' | undefined;
}

export class OtlpMetricExporter extends OtlpExporter<CollectedPoint, ResourceMetricsLike> {
  constructor(options: OtlpMetricExporterOptions = {}) {
    super(
      'OtlpMetricExporter',
      'metrics',
      {
        newBuffer: ({ maxItemBytes }) => new MetricBuffer({ maxItemBytes }) as never,
        forEachItem: forEachPoint,
        resourcesOf: ({ resource }) => [resource],
      },
      options,
    );
  }
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
    readMetricReaderEnvironment(undefined, (message) => console.error(`otel warn: ${message}`));
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
    if (collected !== undefined)
      await new Promise<void>((done) => this.#exporter.export(collected.resourceMetrics, () => done()));
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
