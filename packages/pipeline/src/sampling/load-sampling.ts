import {
  type Admission,
  admissionTo,
  type BackpressureMetrics,
  BackpressureState,
  now,
  startTimer,
  type Timer,
} from '@spillway/backpressure';
import {
  HIGHEST_THRESHOLD,
  passes,
  type ThinningThreshold,
  type ThresholdMark,
  THRESHOLDS,
} from '@spillway/otlp/encoding';
import { KEEP_ALL, AdaptiveThreshold, probabilityOf, type Threshold } from '@spillway/sampling';
import { type ProcessorOptions, withoutUndefined } from '../processor-options.ts';
import { upperThresholdOf, wholeThreshold } from './marked-item.ts';
import type { SamplingRules } from './sampling-rules.ts';

/** The pipeline's own counters, which show how much can be sent. */
export type LoadMetrics = Pick<
  BackpressureMetrics,
  'bufferUtilization' | 'bufferSize' | 'inFlight' | 'eventsFlushed' | 'eventsFailed'
>;

/** What sampling asks of the pipeline around it. */
export interface SampledPipeline {
  /** Returns nothing while the pipeline is being constructed. */
  metrics(): LoadMetrics | undefined;
  /** Whether everything is kept although there is load, because a spool takes what memory cannot hold. */
  isSpared(): boolean;
}

export type LoadSamplingOptions = Pick<ProcessorOptions<unknown>, 'lowWatermark' | 'highWatermark' | 'sampleRate'>;

/** How often the threshold is adjusted. */
const WINDOW_MILLIS = 500;
const MILLIS_PER_SECOND = 1_000;

/** Without a rule, exempt items that come under load are sent before others, and dropped later. */
const LANES = { sampled: 0, exempt: 1 } as const;

type Life =
  | { readonly kind: 'quiet' }
  /** While under load, and afterwards until everything is kept again. */
  | { readonly kind: 'window'; readonly startedAt: number; readonly settled: number; readonly timer: Timer }
  | { readonly kind: 'stopped' };

const QUIET: Life = { kind: 'quiet' };

/**
 * Sampling under load, for the items of one pipeline. Keeps an item if and only if its randomness is at or above a
 * threshold, which follows from the load of past windows, never from the item.
 *
 * Windows run while there is load, and end when everything is kept again, so a quiet process has no timer.
 */
export class LoadSampling<Item> implements ThinningThreshold {
  readonly #rules: SamplingRules<Item>;
  readonly #priorityOf: ((item: Item) => number) | undefined;
  #adaptive: AdaptiveThreshold;
  readonly #newAdaptive: () => AdaptiveThreshold;
  /**
   * The threshold of a fixed rate; `undefined` if it follows the load. With a fixed rate, windows only measure exempt
   * items.
   */
  readonly #fixed: number | undefined;
  readonly #pipeline: SampledPipeline;
  #life: Life = QUIET;
  #isUnderLoad = false;
  #threshold = 0;
  #arrived = 0;
  #exempt = 0;
  #kept = 0;

  /** @param priorityOf the lane of an item, if there is a rule */
  constructor(
    rules: SamplingRules<Item>,
    priorityOf: ((item: Item) => number) | undefined,
    { lowWatermark, highWatermark, sampleRate }: LoadSamplingOptions,
    pipeline: SampledPipeline,
  ) {
    this.#rules = rules;
    this.#priorityOf = priorityOf;
    this.#newAdaptive = () => new AdaptiveThreshold(withoutUndefined({ lowWatermark, highWatermark }));
    this.#adaptive = this.#newAdaptive();
    this.#fixed = sampleRate === undefined ? undefined : thresholdOfRate(sampleRate);
    this.#pipeline = pipeline;
  }

  /** The current threshold; `KEEP_ALL` itself if everything is kept. */
  get threshold(): Threshold {
    const { upperThreshold } = this;
    return upperThreshold === 0 ? KEEP_ALL : wholeThreshold(upperThreshold);
  }

  get upperThreshold(): number {
    return this.#threshold === 0 || this.#pipeline.isSpared() ? 0 : this.#threshold;
  }

  /** The share of items that are kept, without exempt ones: 0 to 1. */
  get probability(): number {
    return probabilityOf(this.threshold);
  }

  /** While sampling: more exempt items arrive than can be sent, so no threshold is enough. */
  get exemptExceedsCapacity(): boolean {
    return this.#life.kind === 'window' && this.#adaptive.exemptExceedsCapacity;
  }

  /**
   * Decides whether to keep an item, and how it is let in. In the hot path; allocates nothing without load, or for an
   * item that is not kept.
   * @returns `undefined` if the item is sampled out
   */
  decide(item: Item): Admission<ThresholdMark> | undefined {
    try {
      return this.#decide(item);
    } catch {
      // The item cannot be read. It is still offered, so that it is counted when encoding fails.
      return admissionTo(LANES.sampled);
    }
  }

  /** Until the window is over, unless the rate is fixed: an item that would be thinned out next need not come in. */
  onThinnedOut(threshold: number): void {
    if (this.#life.kind === 'window' && this.#fixed === undefined && threshold > this.#threshold)
      this.#threshold = threshold;
  }

  /** The state of the pipeline has changed. The state of a drain says nothing about the load. */
  onStateChange(state: BackpressureState): void {
    if (state === BackpressureState.DRAINING || this.#life.kind === 'stopped') return;
    this.#isUnderLoad = state !== BackpressureState.NORMAL;
    if (this.#fixed !== undefined) this.#threshold = this.#isUnderLoad ? this.#fixed : 0;
    if (this.#isUnderLoad && this.#life.kind === 'quiet') this.#startWindow();
  }

  /** Ends the windows: the pipeline has shut down. */
  stop(): void {
    if (this.#life.kind === 'window') this.#life.timer.cancel();
    this.#life = { kind: 'stopped' };
    this.#isUnderLoad = false;
    this.#threshold = 0;
  }

  #decide(item: Item): Admission<ThresholdMark> | undefined {
    const threshold = this.upperThreshold;
    const isExempt = this.#rules.isExempt(item);
    const lane = this.#laneOf(item, isExempt);
    this.#arrived += 1;
    if (isExempt) {
      this.#exempt += 1;
      return admissionTo(lane);
    }
    // If the threshold follows the load, items are marked even before it rises, because they may have to be thinned
    // out.
    if (threshold === 0 && (!this.#isUnderLoad || this.#fixed !== undefined)) {
      this.#kept += 1;
      return admissionTo(lane);
    }
    const randomness = this.#rules.randomnessOf(item);
    if (randomness >= 0 && !passes(randomness, threshold)) return undefined;
    this.#kept += 1;
    if (randomness < 0) return admissionTo(lane);
    return { lane, mark: { threshold, randomness, isSaid: this.#rules.isProbabilityKnown(item) } };
  }

  /** Without load, items keep the order in which they were made. */
  #laneOf(item: Item, isExempt: boolean): number {
    if (this.#priorityOf !== undefined) return this.#priorityOf(item);
    return isExempt && (this.#isUnderLoad || this.#threshold > 0) ? LANES.exempt : LANES.sampled;
  }

  #startWindow(): void {
    this.#arrived = 0;
    this.#exempt = 0;
    this.#kept = 0;
    const timer = startTimer(() => this.#endWindow(), WINDOW_MILLIS);
    this.#life = { kind: 'window', startedAt: now(), settled: settledBy(this.#pipeline.metrics()), timer };
  }

  #endWindow(): void {
    const metrics = this.#pipeline.metrics();
    if (this.#life.kind !== 'window' || metrics === undefined) return;
    if (this.#pipeline.isSpared()) this.#adaptive = this.#newAdaptive();
    else this.#adapt(metrics, this.#life);
    // Marks have only these bits.
    if (this.#fixed === undefined) this.#threshold = upperThresholdOf(this.#adaptive.threshold);
    if (this.#isUnderLoad || this.#threshold > 0) this.#startWindow();
    else this.#life = QUIET;
  }

  /** A threshold without effect must not be adapted, because it would rise without end. */
  #adapt(metrics: LoadMetrics, { startedAt, settled }: Life & { readonly kind: 'window' }): void {
    this.#adaptive.onWindow({
      seconds: (now() - startedAt) / MILLIS_PER_SECOND,
      arrived: this.#arrived,
      exempt: this.#exempt,
      kept: this.#kept,
      sent: settledBy(metrics) - settled,
      // Items in flight wait for the consumer as well.
      queued: metrics.bufferSize + metrics.inFlight,
      utilization: metrics.bufferUtilization,
    });
  }
}

/** The items that the consumer has accepted or rejected: both were sent. */
function settledBy(metrics: LoadMetrics | undefined): number {
  return metrics === undefined ? 0 : metrics.eventsFlushed + metrics.eventsFailed;
}

/** Rounded up, so that no more is kept than requested, as far as 16 bits go. */
function thresholdOfRate(sampleRate: number): number {
  return Math.min(HIGHEST_THRESHOLD, Math.ceil(THRESHOLDS * (1 - 1 / sampleRate)));
}
