import type { MemoryBudget } from '@spillway/backpressure';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BackpressureMetricReader, type BackpressureMetricReaderOptions, OtlpMetricExporter } from '@spillway/metrics';
import type { OtlpExporterOptions } from '@spillway/otlp';
import type { ProcessorMetrics } from '@spillway/pipeline';
import { brokenLaw } from '../faults/pipeline.ts';
import type { Chance } from './chance.ts';
import { ATTEMPT_MILLIS } from './random-fault.ts';
import type { Soaked } from './soaked.ts';

const ROUTES = 100;
/** A sum and a histogram by route: the points of a collection, at most. */
const POINTS_A_COLLECTION = 2 * ROUTES;
/** A drain during faults may not finish in time; without faults it must. */
const DRAIN_MILLIS = 3_000;

/** What arrived of one application's counter. */
export interface Counted {
  readonly total: number;
  /** The part of the total that arrived again. */
  readonly repeated: number;
}

interface SoakedMetricsOptions {
  readonly temporality: 'delta' | 'cumulative';
  readonly exporter: OtlpExporterOptions;
  readonly reader: BackpressureMetricReaderOptions;
}

/** An application with metrics. Its counter has a name of its own, by which the collector knows its total. */
export class SoakedMetrics implements Soaked {
  readonly counter: string;
  readonly name: string;
  readonly #reader: BackpressureMetricReader;
  readonly #provider: MeterProvider;
  readonly #measure: (route: number) => void;
  readonly #isDelta: boolean;
  #made = 0;
  #mostPoints = 0;
  #mostBytes = 0;
  #isEnding = false;

  constructor(number: number, { temporality, exporter, reader }: SoakedMetricsOptions) {
    this.counter = `orders.${number}`;
    this.name = `metrics ${number} (${temporality}, every ${reader.exportIntervalMillis} ms, ${exporter.compression})`;
    this.#isDelta = temporality === 'delta';
    this.#reader = new BackpressureMetricReader({
      ...reader,
      exporter: new OtlpMetricExporter({ ...exporter, temporalityPreference: temporality }),
    });
    this.#provider = new MeterProvider({ readers: [this.#reader] });
    const meter = this.#provider.getMeter('soak');
    const orders = meter.createCounter(this.counter);
    const duration = meter.createHistogram(`${this.counter}.duration`);
    this.#measure = (route) => {
      orders.add(1, { route });
      duration.record(route, { route });
    };
  }

  get #mostCollections(): number {
    return (this.#isDelta ? 2 : 1) + (this.#isEnding ? 1 : 0);
  }

  get metrics(): ProcessorMetrics {
    return this.#reader.getMetrics();
  }

  get made(): number {
    return this.#made;
  }

  /** The most data points held. */
  get mostPoints(): number {
    return this.#mostPoints;
  }

  get mostBytes(): number {
    return this.#mostBytes;
  }

  emit(): void {
    this.#made += 1;
    this.#measure(this.#made % ROUTES);
  }

  /** Ignores failures, because they depend on the faults. */
  async forceFlush(): Promise<void> {
    await this.#reader.forceFlush().catch(() => undefined);
  }

  shutdown(): Promise<void> {
    this.#isEnding = true;
    return this.#provider.shutdown();
  }

  /**
   * It may hold one collection, however long an outage lasts, and beside it deltas that failed again and again while
   * others were delivered. At its end, the last collection is added.
   */
  problemNow(): string | undefined {
    const { metrics } = this;
    const held = metrics.bufferSize + metrics.inFlight;
    this.#mostPoints = Math.max(this.#mostPoints, held);
    this.#mostBytes = Math.max(this.#mostBytes, metrics.bufferBytes);
    const law = brokenLaw(metrics);
    if (law !== undefined) return `${this.name}: the law is broken: ${law}`;
    if (held > this.#mostCollections * POINTS_A_COLLECTION) return `${this.name}: holds ${held} data points`;
    return undefined;
  }

  /** To be called after the shutdown. @returns contradictions between the counters and the value that arrived */
  problemsAtEnd({ total, repeated }: Counted): string[] {
    const { bufferSize, inFlight, eventsDropped, eventsFailed, eventsRetried, droppedByReason } = this.metrics;
    const arrived = total - repeated;
    const lost = eventsDropped - droppedByReason.superseded + eventsFailed;
    return [
      ...(bufferSize + inFlight > 0 ? [`still holds ${bufferSize} and ${inFlight} in flight`] : []),
      ...(arrived > this.#made ? [`${arrived} orders arrived, and only ${this.#made} were counted`] : []),
      ...(lost === 0 && arrived !== this.#made
        ? [`lost no data point, but ${arrived} of ${this.#made} orders arrived`]
        : []),
      ...(repeated > 0 && eventsRetried === 0 ? [`${repeated} orders arrived twice although nothing was retried`] : []),
      ...(this.#isDelta && droppedByReason.superseded > 0 ? ['superseded a delta'] : []),
    ].map((problem) => `${this.name}: ${problem}`);
  }
}

/** @param url including the signal's path */
export function randomMetrics(chance: Chance, url: string, budget: MemoryBudget): SoakedMetricsOptions {
  return {
    temporality: chance.oneOf(['delta', 'cumulative']),
    exporter: {
      url,
      compression: chance.oneOf(['none', 'none', 'gzip']),
      timeoutMillis: ATTEMPT_MILLIS,
      keepAlive: chance.happens(0.9),
      ...(chance.happens(0.3) && { maxRequestBytes: 16 * 1024 }),
    },
    reader: {
      exportIntervalMillis: chance.magnitude(20, 2_000),
      drainTimeoutMillis: DRAIN_MILLIS,
      exportTimeoutMillis: chance.oneOf([ATTEMPT_MILLIS / 2, 2 * ATTEMPT_MILLIS]),
      ...(chance.happens(0.3) && { memoryBudget: budget }),
    },
  };
}
