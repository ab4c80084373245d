import { type BackpressureMetrics, BackpressureState, startTimer, type Timer } from '@spillway/backpressure';
import { KEEP_ALL, LoadSampler, type Threshold } from '@spillway/sampling';
import { type ProcessorOptions, withoutUndefined } from './processor-options.ts';
import { type MarkSource, passes, type ThresholdMark, UNMARKED } from '../buffer/threshold-mark.ts';

/** What a signal says of its items for sampling under load. */
export interface SamplingRules<Item> {
  /**
   * The upper 28 of the 56 bits of randomness that all of an item's trace shares; negative where it has none. Without it,
   * to keep an item is the lesser harm.
   */
  randomnessOf(item: Item): number;
  /** Kept whatever the load. */
  isExempt(item: Item): boolean;
  /**
   * Whether an item that was kept is to say so. Not one of which nobody knows how it was sampled before, nor one that has
   * passed a threshold at least as high.
   * @param threshold the upper 16 bits
   */
  isMarked(item: Item, threshold: number): boolean;
}

/** How what can be sent is found out: the pipeline's own counters. */
export type LoadMetrics = Pick<BackpressureMetrics, 'bufferUtilization' | 'bufferSize' | 'eventsFlushed'>;

export type LoadSamplingOptions = Pick<ProcessorOptions<unknown>, 'lowWatermark' | 'highWatermark' | 'sampleRate'>;

/** How often the threshold is set anew. */
const WINDOW_MILLIS = 500;
const MILLIS_PER_SECOND = 1_000;

/** Upper 16 bits of a threshold's upper half of 28. Those of `LoadSampler` have no others. */
const HALF_BITS_BELOW = 12;
const THRESHOLDS = 2 ** 16;

/** Items that are exempt are given up later than others. */
export const LANES = { sampled: 0, exempt: 1 } as const;

/**
 * Sampling under load, for the items of one pipeline: keeps an item iff its randomness is at or above a threshold that
 * follows from the load of windows that are over, never from the item.
 *
 * Windows run while there is load, and end when all is kept again: a quiet process has no timer.
 */
export class LoadSampling<Item> implements MarkSource {
  readonly #rules: SamplingRules<Item>;
  readonly #sampler: LoadSampler;
  /** Of the fixed rate; `undefined` where the threshold follows the load. */
  readonly #fixed: number | undefined;
  readonly #metrics: () => LoadMetrics | undefined;
  #threshold = 0;
  #mark: ThresholdMark = UNMARKED;
  #isExempt = false;
  #arrived = 0;
  #exempt = 0;
  #kept = 0;
  #isUnderLoad = false;
  #window: { readonly startedAt: number; readonly flushed: number; readonly timer: Timer } | undefined;

  constructor(rules: SamplingRules<Item>, options: LoadSamplingOptions, metrics: () => LoadMetrics | undefined) {
    const { lowWatermark, highWatermark, sampleRate } = options;
    this.#rules = rules;
    this.#sampler = new LoadSampler(withoutUndefined({ lowWatermark, highWatermark }));
    this.#fixed = sampleRate === undefined ? undefined : thresholdOfRate(sampleRate);
    this.#metrics = metrics;
  }

  /** What holds now; `KEEP_ALL` itself where all is kept. */
  get threshold(): Threshold {
    return this.#threshold === 0 ? KEEP_ALL : { high: this.#threshold << HALF_BITS_BELOW, low: 0 };
  }

  /** The share of items that are kept, exempt ones aside: 0 to 1. */
  get probability(): number {
    return 1 - this.#threshold / THRESHOLDS;
  }

  /** While sampling: more exempt items arrive than can be sent, so that no threshold is enough. */
  get exemptExceedsCapacity(): boolean {
    return this.#sampler.exemptExceedsCapacity;
  }

  get upperThreshold(): number {
    return this.#threshold;
  }

  /** Of the item that was decided about last. */
  get mark(): ThresholdMark {
    return this.#mark;
  }

  /** Of the item that was decided about last. */
  get lane(): number {
    return this.#isExempt ? LANES.exempt : LANES.sampled;
  }

  /** Decides about an item. In the hot path; allocates nothing for one that is not kept. */
  keeps(item: Item): boolean {
    this.#mark = UNMARKED;
    this.#isExempt = false;
    try {
      return this.#decide(item);
    } catch {
      // It cannot be read. It is offered all the same, and counted where that fails.
      return true;
    }
  }

  /** The state of the pipeline has changed. What it is while draining says nothing of the load. */
  onStateChange(state: BackpressureState): void {
    if (state === BackpressureState.DRAINING) return;
    this.#isUnderLoad = state !== BackpressureState.NORMAL;
    if (this.#fixed !== undefined) this.#threshold = this.#isUnderLoad ? this.#fixed : 0;
    else if (this.#isUnderLoad && this.#window === undefined) this.#startWindow();
  }

  /** Ends the windows: the pipeline has shut down. */
  stop(): void {
    this.#window?.timer.cancel();
    this.#window = undefined;
    this.#threshold = 0;
  }

  #decide(item: Item): boolean {
    this.#arrived += 1;
    this.#isExempt = this.#rules.isExempt(item);
    if (this.#isExempt) {
      this.#exempt += 1;
      return true;
    }
    const threshold = this.#threshold;
    if (threshold === 0) {
      this.#kept += 1;
      return true;
    }
    const randomness = this.#rules.randomnessOf(item);
    if (randomness >= 0) {
      if (!passes(randomness, threshold)) return false;
      if (this.#rules.isMarked(item, threshold)) this.#mark = { threshold, randomness };
    }
    this.#kept += 1;
    return true;
  }

  #startWindow(): void {
    this.#arrived = 0;
    this.#exempt = 0;
    this.#kept = 0;
    const timer = startTimer(() => this.#endWindow(), WINDOW_MILLIS);
    this.#window = { startedAt: performance.now(), flushed: this.#metrics()?.eventsFlushed ?? 0, timer };
  }

  #endWindow(): void {
    const metrics = this.#metrics();
    if (this.#window === undefined || metrics === undefined) return;
    const { startedAt, flushed } = this.#window;
    const { bufferUtilization, bufferSize, eventsFlushed } = metrics;
    this.#sampler.onWindow({
      seconds: (performance.now() - startedAt) / MILLIS_PER_SECOND,
      arrived: this.#arrived,
      exempt: this.#exempt,
      kept: this.#kept,
      sent: eventsFlushed - flushed,
      queued: bufferSize,
      utilization: bufferUtilization,
    });
    this.#threshold = this.#sampler.threshold.high >>> HALF_BITS_BELOW;
    this.#window = undefined;
    if (this.#isUnderLoad || this.#threshold > 0) this.#startWindow();
  }
}

/** Rounded up, so that no more is kept than was asked for; as far as 16 bits go. */
function thresholdOfRate(sampleRate: number): number {
  return Math.min(THRESHOLDS - 1, Math.ceil(THRESHOLDS * (1 - 1 / sampleRate)));
}
