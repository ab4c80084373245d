import type { Meter } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type Collector, olderAfterNewer, startCollector } from '../../../../test/collector/src/index.ts';
import { expectLaw } from '../../../pipeline/test/processor/processor-setup.ts';
import {
  BackpressureMetricReader,
  type BackpressureMetricReaderOptions,
  OtlpMetricExporter,
  type OtlpMetricExporterOptions,
  type TemporalityPreference,
} from '../../src/index.ts';
import type { MetricSdk, ProviderLike } from './metric-sdk.ts';

/** The interval of the readers. */
export const INTERVAL = 10_000;
const STEP = 250;
/** Turns of the event loop that an answer needs from the collector to the reader, and far more than that. */
const ANSWER_TURNS = 20;
const MOST_TURNS = 300;

/** A reader under test, its provider, and what was recorded. */
export interface Subject {
  readonly reader: BackpressureMetricReader;
  readonly provider: ProviderLike;
  readonly meter: Meter;
  readonly recorded: Recorder;
}

/** Starts a collector for each test of the surrounding block, and shuts the test's readers down after it. */
export function useReaderSetup(sdk: MetricSdk): ReaderSetup {
  const setup = new ReaderSetup(sdk);
  beforeEach(() => setup.open());
  afterEach(() => setup.close());
  return setup;
}

/** The parts of a test of a reader: an SDK, a collector, and readers whose counters must add up. */
export class ReaderSetup {
  readonly sdk: MetricSdk;
  readonly #readers: BackpressureMetricReader[] = [];
  #collector: Collector | undefined;

  /** @internal */
  constructor(sdk: MetricSdk) {
    this.sdk = sdk;
  }

  get collector(): Collector {
    if (this.#collector === undefined) throw new Error('there is a collector only while a test runs');
    return this.#collector;
  }

  get url(): string {
    return `${this.collector.url}/v1/metrics`;
  }

  exporter(options: OtlpMetricExporterOptions = {}): OtlpMetricExporter {
    return new OtlpMetricExporter({ url: this.url, ...options });
  }

  /** A reader that collects every ten seconds, unless the options say otherwise, and is checked at the end of the test. */
  reader(options: BackpressureMetricReaderOptions = {}): BackpressureMetricReader {
    const reader = new BackpressureMetricReader({
      exporter: options.exporter ?? this.exporter(),
      exportIntervalMillis: INTERVAL,
      drainTimeoutMillis: 300,
      ...options,
    });
    this.#readers.push(reader);
    return reader;
  }

  /** A reader, a provider, and instruments. */
  subject(
    temporality: TemporalityPreference = 'cumulative',
    options: BackpressureMetricReaderOptions = {},
    exporterOptions: OtlpMetricExporterOptions = {},
  ): Subject {
    const exporter = this.exporter({ temporalityPreference: temporality, ...exporterOptions });
    const reader = this.reader({ exporter, ...options });
    const provider = this.sdk.provider({ readers: [reader] });
    const meter = provider.getMeter('shop');
    return { reader, provider, meter, recorded: new Recorder(meter) };
  }

  /** Lets simulated time pass, and the sockets do their work. */
  async pass(millis: number, readers: readonly BackpressureMetricReader[] = this.#readers): Promise<void> {
    for (let passed = 0; passed < millis; passed += STEP) {
      // oxlint-disable-next-line no-await-in-loop -- one step after the other
      await vi.advanceTimersByTimeAsync(Math.min(STEP, millis - passed));
      // oxlint-disable-next-line no-await-in-loop
      await answers(readers);
      for (const reader of readers) expectLaw(reader);
    }
  }

  /** No series went backwards in time at the collector. */
  expectInOrder(): void {
    expect(olderAfterNewer(this.collector.dataPoints())).toEqual([]);
  }

  /** @internal */
  async open(): Promise<void> {
    this.#collector = await startCollector();
  }

  /** @internal */
  async close(): Promise<void> {
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    for (const reader of this.#readers.splice(0)) {
      // oxlint-disable-next-line no-await-in-loop
      await reader.shutdown();
      expectLaw(reader);
    }
    await this.collector.close();
    this.#collector = undefined;
  }
}

/** Instruments, and the sums of what was recorded with them. */
export class Recorder {
  readonly #orders;
  readonly #duration;
  readonly #stock;
  readonly #sums = new Map<string, number>();
  durations = 0;
  stock = 0;

  constructor(meter: Meter) {
    this.#orders = meter.createCounter('orders');
    this.#duration = meter.createHistogram('duration');
    this.#stock = meter.createUpDownCounter('stock');
  }

  /** Records something different each time, for two routes. */
  next(): void {
    for (const [index, route] of ['/a', '/b'].entries()) {
      const value = this.durations + index + 1;
      this.#orders.add(value, { route });
      this.#sums.set(route, this.orders(route) + value);
    }
    this.#duration.record(this.durations);
    this.durations += 1;
    this.#stock.add(this.durations % 3 === 0 ? -2 : 3);
    this.stock += this.durations % 3 === 0 ? -2 : 3;
  }

  orders(route: string): number {
    return this.#sums.get(route) ?? 0;
  }

  /** The collector has exactly what was recorded. */
  expectAt(collector: Collector): void {
    expect({
      a: collector.totalOf('orders', { route: '/a' }),
      b: collector.totalOf('orders', { route: '/b' }),
      durations: collector.totalOf('duration'),
      stock: collector.lastValueOf('stock'),
    }).toEqual({ a: this.orders('/a'), b: this.orders('/b'), durations: this.durations, stock: this.stock });
  }
}

/** Simulates time, but not the event loop: sockets are real. */
export function simulateTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
}

/** Waits until answers have arrived; not for requests that nobody answers. */
async function answers(readers: readonly BackpressureMetricReader[]): Promise<void> {
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one turn after the other
    await new Promise((resolve) => setImmediate(resolve));
    if (turn >= ANSWER_TURNS && readers.every((reader) => reader.getMetrics().inFlight === 0)) return;
  }
}
