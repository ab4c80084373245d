import assert from 'node:assert/strict';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BackpressureMetricReader, type BackpressureMetricReaderOptions, OtlpMetricExporter } from '@spillway/metrics';
import type { OtlpExporterOptions } from '@spillway/otlp';
import { brokenLaw } from './pipeline.ts';
import { exporterTo, type Wire } from './wire.ts';

export interface MetricServiceOptions extends Omit<BackpressureMetricReaderOptions, 'exporter'> {
  /** Scheme, host and port of the collector. */
  readonly url: string;
  /** Default: HTTP. */
  readonly wire?: Wire;
  readonly temporality: 'delta' | 'cumulative';
  readonly otlp?: OtlpExporterOptions;
}

/** What an order is measured by: a sum, and a histogram whose count of measurements must be the same. */
export const MEASURED_BY = ['orders', 'order.duration'] as const;

const ROUTES = 4;

/** The points of each collection, once every route has been measured: the two metrics by route, and a gauge. */
export const POINTS_A_COLLECTION = MEASURED_BY.length * ROUTES + 1;

/** A small application with metrics: the real SDK 3.x, Spillway's reader, and the OTLP exporter. */
export class MetricService {
  readonly reader: BackpressureMetricReader;
  readonly #provider: MeterProvider;
  readonly #measure: (order: number) => void;
  #orders = 0;

  constructor({ url, wire = 'HTTP', temporality, otlp, ...options }: MetricServiceOptions) {
    const exporter = new OtlpMetricExporter({
      ...exporterTo(wire, url, 'metrics'),
      temporalityPreference: temporality,
      ...otlp,
    });
    this.reader = new BackpressureMetricReader({ exportIntervalMillis: 50, ...options, exporter });
    this.#provider = new MeterProvider({ readers: [this.reader] });
    const meter = this.#provider.getMeter('service');
    const [orders, duration, last] = [
      meter.createCounter(MEASURED_BY[0]),
      meter.createHistogram(MEASURED_BY[1]),
      meter.createGauge('order.last'),
    ];
    this.#measure = (order) => {
      const attributes = { route: `/${order % ROUTES}` };
      orders.add(1, attributes);
      duration.record(order % 100, attributes);
      last.record(order);
    };
  }

  /** Measures that many orders. */
  make(count: number): void {
    for (let made = 0; made < count; made += 1) {
      this.#orders += 1;
      this.#measure(this.#orders);
    }
  }

  /** How many orders have been measured. */
  get orders(): number {
    return this.#orders;
  }

  get metrics() {
    return this.reader.getMetrics();
  }

  forceFlush(): Promise<void> {
    return this.reader.forceFlush();
  }

  async shutdown(): Promise<void> {
    await this.#provider.shutdown();
    this.expectLaw();
  }

  expectLaw(): void {
    assert.equal(brokenLaw(this.metrics), undefined);
  }
}
