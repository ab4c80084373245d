import { now } from '@spillway/backpressure';
import {
  ExportPipeline,
  FORCE_FLUSH_TIMEOUT_MILLIS,
  type ForceFlushOptions,
  type HandOver,
  ownDiag,
  type ProcessorMetrics,
  type HandOverOrder,
  type TakeRequest,
} from '@spillway/pipeline';
import { WHOLE_COLLECTIONS } from './buffer/collection-buffer.ts';
import type { CollectedPoint } from './collected-point.ts';
import { AGGREGATION_TEMPORALITY, type ResourceMetricsLike } from './metric-data.ts';
import { AGGREGATION_TYPE, type AggregationOptionLike, type MetricSelectors } from './metric-selectors.ts';
import { OtlpMetricExporter } from './otlp-metric-exporter.ts';
import { type CardinalityLimits, cardinalityLimitOf, checkCardinalityLimits } from './reader/cardinality-limits.ts';
import { CollectionRounds } from './reader/collection-rounds.ts';
import type { CollectionResultLike, MetricProducerLike } from './reader/metric-producer.ts';
import { MetricSources } from './reader/metric-sources.ts';
import {
  type BackpressureMetricReaderOptions,
  type ResolvedReaderOptions,
  resolveReaderOptions,
} from './reader/reader-options.ts';

const NAME = 'BackpressureMetricReader';
const DEFAULT_AGGREGATION: AggregationOptionLike = Object.freeze({ type: AGGREGATION_TYPE.DEFAULT });

/** How the SDK may limit a call. */
export interface ReaderCallOptions {
  readonly timeoutMillis?: number | undefined;
}

/**
 * A metric reader that loses no measurement while the collector is slow, throttled or gone: it collects only if what it
 * collected before has been delivered, and the SDK goes on aggregating meanwhile. For the `readers` of a
 * `MeterProvider` of OpenTelemetry 2.x or 3.x.
 */
export class BackpressureMetricReader implements HandOver {
  readonly #options: ResolvedReaderOptions;
  readonly #selectors: MetricSelectors;
  readonly #cardinalityLimits: CardinalityLimits;
  readonly #sources: MetricSources;
  readonly #pipeline: ExportPipeline<CollectedPoint, ResourceMetricsLike>;
  readonly #rounds: CollectionRounds;
  #shutdown: Promise<void> | undefined;

  /** @throws RangeError or TypeError that names option and value */
  constructor(options: BackpressureMetricReaderOptions = {}) {
    const { exporter = new OtlpMetricExporter(), cardinalityLimits = {} } = options;
    checkCardinalityLimits(cardinalityLimits);
    this.#options = resolveReaderOptions(options, (message) => ownDiag.warn(`${NAME}: ${message}`));
    this.#selectors = exporter;
    this.#cardinalityLimits = cardinalityLimits;
    this.#sources = new MetricSources(this.#options.metricProducers);
    this.#pipeline = new ExportPipeline(
      NAME,
      'metrics',
      // The collections come from the SDK that the exporter belongs to, so they have every field that it reads.
      exporter,
      {
        resourceOf: ({ resource }) => resource,
        objects: WHOLE_COLLECTIONS,
        takeIn: () => this.#rounds.collectNow(),
        observer: { onFlush: (report) => this.#rounds.onFlush(report) },
      },
      this.#options.pipeline,
    );
    this.#rounds = new CollectionRounds(this.#pipeline, this.#sources, this.#options);
  }

  /** Called by the SDK, once. @throws Error if the reader is registered a second time */
  setMetricProducer(producer: MetricProducerLike): void {
    this.#sources.bind(producer);
    this.#rounds.start();
  }

  /** @param instrumentType `InstrumentType` of the SDKs */
  selectAggregation(instrumentType: string): AggregationOptionLike {
    return this.#ask(() => this.#selectors.selectAggregation?.(instrumentType as never)) ?? DEFAULT_AGGREGATION;
  }

  /** @param instrumentType `InstrumentType` of the SDKs */
  selectAggregationTemporality(instrumentType: string): number {
    return (
      this.#ask(() => this.#selectors.selectAggregationTemporality?.(instrumentType as never)) ??
      AGGREGATION_TEMPORALITY.CUMULATIVE
    );
  }

  /** @param instrumentType `InstrumentType` of the SDKs */
  selectCardinalityLimit(instrumentType: string): number {
    return cardinalityLimitOf(this.#cardinalityLimits, instrumentType);
  }

  /**
   * Collects for the caller, who alone gets the result: with delta temporality, it is not exported.
   * @throws (rejects) if the reader is not registered, or shut down
   */
  async collect<Result extends CollectionResultLike = CollectionResultLike>(
    options?: ReaderCallOptions,
  ): Promise<Result> {
    if (this.#shutdown !== undefined) throw new Error('the metric reader is shut down');
    return (await this.#rounds.collectFor(options?.timeoutMillis ?? this.#options.exportTimeoutMillis)) as Result;
  }

  /**
   * Resolves once everything recorded before has been exported or dropped, and the exporter has flushed. Rejects if
   * that takes too long.
   */
  async forceFlush(options?: ForceFlushOptions): Promise<void> {
    if (this.#shutdown !== undefined) return this.#shutdown;
    const deadline = now() + (options?.timeoutMillis ?? FORCE_FLUSH_TIMEOUT_MILLIS);
    await this.#rounds.flushBy(deadline, () =>
      this.#pipeline.forceFlush({ timeoutMillis: Math.max(deadline - now(), 0) }),
    );
  }

  /**
   * Collects for the last time, exports that within `drainTimeoutMillis`, and shuts the exporter down. Runs once, never
   * rejects.
   */
  shutdown(options?: ReaderCallOptions): Promise<void> {
    this.#shutdown ??= this.#shutDown(Math.min(options?.timeoutMillis ?? Infinity, this.#options.drainTimeoutMillis));
    return this.#shutdown;
  }

  /**
   * Ends immediately: collects what can be collected without waiting, and hands over one of the requests that are left.
   * See `ExportPipeline.handOverNext`.
   */
  handOverNext(take: TakeRequest, order?: HandOverOrder): boolean {
    this.#rounds.endNow();
    return this.#pipeline.handOverNext(take, order);
  }

  /**
   * Ends immediately, and drops what is left and what can be collected without waiting, counted as `drain_timeout`.
   * @returns the dropped data points
   */
  giveUp(): number {
    this.#rounds.endNow();
    return this.#pipeline.giveUp();
  }

  /** State, counters and sizes at this moment, in data points. Counters only grow, and account for every point. */
  getMetrics(): ProcessorMetrics {
    return this.#pipeline.getMetrics();
  }

  async #shutDown(timeoutMillis: number): Promise<void> {
    const deadline = now() + timeoutMillis;
    const isHopeful = await this.#rounds.collectLast(deadline);
    await this.#pipeline.shutdown(isHopeful ? Math.max(deadline - now(), 0) : 0);
  }

  /** The SDK asks while the application creates an instrument, which must not fail because of an exporter. */
  #ask<Answer>(question: () => Answer | undefined): Answer | undefined {
    try {
      return question();
    } catch (error) {
      this.#pipeline.complain('the exporter could not say how it wants metrics', error);
      return undefined;
    }
  }
}
