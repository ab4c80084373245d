import { isSaturated, isUsable, type LoadWindow } from './load-window.ts';
import { between, notAbove } from './bound-checks.ts';
import { SendCapacity } from './send-capacity.ts';
import { KEEP_ALL, probabilityOf, type Threshold } from './threshold.ts';
import { HALF_RANGE } from './uint56.ts';

/** Options of {@link AdaptiveThreshold}. */
export interface AdaptiveThresholdOptions {
  /** Utilization, 0 to 1, at which sampling begins. Default 0.5, as in the backpressure controller. */
  readonly lowWatermark?: number;
  /** Utilization, 0 to 1, from which the queue is drained fast. Default 0.8, as in the backpressure controller. */
  readonly highWatermark?: number;
  /**
   * The floor: the probability never falls below it. From 1/65536 to 1. Default 1/65536, the least that 4 digits can write.
   * A higher floor keeps more detail under extreme load, but at the price of losses: a kept item that finds no room is
   * missing from every count, whereas a sampled-out item is still counted through the items that are kept.
   */
  readonly minProbability?: number;
}

/** The defaults of {@link AdaptiveThresholdOptions}. */
export const DEFAULT_ADAPTIVE_THRESHOLD_OPTIONS: Readonly<Required<AdaptiveThresholdOptions>> = {
  lowWatermark: 0.5,
  highWatermark: 0.8,
  minProbability: 1 / 65_536,
};

/** Values that 4 hex digits can tell apart. */
const STEPS = 65_536;

/** At the high watermark, this share of the capacity is left unused, so that the queue drains. */
const DRAIN_MARGIN = 0.1;

/**
 * Limits for the factor by which one window changes the probability. A tenfold load is met in one window, and the
 * probability rises from the floor to 1 in eight.
 */
const STEEPEST_FALL = 1 / 16;
const STEEPEST_RISE = 4;

/**
 * How much of a rise is made in one window, on a logarithmic scale. Falling too late costs room in the queue; rising
 * too late costs only detail.
 */
const RISE_WEIGHT = 0.7;

/** How far above 1 the aim may be, so that 1 is reached in few steps. */
const HIGHEST_AIM = 2;

/** Smaller changes are not made, because each change may divide a trace whose spans end on both sides of it. */
const DEAD_BAND = 0.05;

/** Weight of a new window in the averages. */
const WEIGHT = 0.5;

/** A value that differs from its average by more than this factor is a new load, not noise. */
const STEP = 2;

/** This many imaginary items with a gain of 1 are added, so that a handful of items is not taken for a rule. */
const GAIN_PRIOR = 10;

/** Averages over the windows so far. */
interface Averages {
  /** Items a second. */
  readonly exempt: number;
  /** Items a second. */
  readonly sampled: number;
  /** How many times more items are kept than the probability suggests. */
  readonly gain: number;
}

/**
 * Sets the threshold from the load of past windows, so that the kept items can be sent. It never sees an item, so
 * within a window the threshold depends on no item and counts are unbiased. A trace that spans several windows
 * influences the threshold of the later ones; if few traces are kept, that makes counts a little too high.
 *
 * All items are kept until utilization reaches the low watermark. From there, and until all items can be kept again,
 *
 *     probability = (share * capacity - exempt) / (gain * sampled)
 *
 * `capacity` is the number of items that can be sent a second; `exempt` and `sampled` are the numbers that arrive a
 * second. `gain` is how many times more items are kept than the probability suggests: items that were already sampled,
 * by others or by this threshold, have high randomness. `share` is 1 from the low watermark to halfway to the high one,
 * where the queue comes to rest. It falls to 0.9 at the high watermark and to 0 at a utilization of 1, so that the
 * queue drains. It rises to 2 at a utilization of 0, so that more items are tried.
 *
 * Windows should be short compared with the queue: the queue should hold the items that can be sent in at least ten
 * windows.
 */
export class AdaptiveThreshold {
  readonly #options: Required<AdaptiveThresholdOptions>;
  /** The floor of the probability, in steps of the threshold. */
  readonly #leastKept: number;
  readonly #capacity = new SendCapacity();
  #averages: Averages | undefined;
  /** Not rounded yet. */
  #probability = 1;
  #threshold: Threshold = KEEP_ALL;
  #exemptExceedsCapacity = false;

  /** @throws RangeError or TypeError that names the option and its value */
  constructor(options: AdaptiveThresholdOptions = {}) {
    this.#options = resolve(options);
    this.#leastKept = Math.ceil(this.#options.minProbability * STEPS);
  }

  /**
   * Decides until the next window ends, whatever the state of the queue. At most 4 digits, rounded up. It is `KEEP_ALL`
   * itself while all items are kept.
   */
  get threshold(): Threshold {
    return this.#threshold;
  }

  /** The share that the threshold keeps: from `minProbability` to 1. */
  get probability(): number {
    return probabilityOf(this.#threshold);
  }

  /**
   * While sampling: more exempt items arrive than can be sent, so no threshold is enough and the queue will overflow.
   */
  get exemptExceedsCapacity(): boolean {
    return this.#exemptExceedsCapacity;
  }

  /** Reports the window that has just ended. A window with meaningless numbers (NaN, negative, no time) is ignored. */
  onWindow(window: LoadWindow): void {
    if (!isUsable(window)) return;
    const utilization = Math.min(1, window.utilization);
    const averages = this.#measure(window);
    if (this.#probability === 1 && utilization < this.#options.lowWatermark) {
      this.#exemptExceedsCapacity = false;
      return;
    }
    const share = this.#shareOf(utilization);
    let aim = Math.min(HIGHEST_AIM, this.#fitting(share, averages));
    if (!isSaturated(window)) {
      // The pressure comes from elsewhere, so the capacity says nothing about it. The share says how far to go down.
      if (share < 1) aim = Math.min(aim, share);
    } else {
      aim = Math.min(aim, this.#holding(window, utilization));
    }
    this.#approach(aim);
  }

  #measure(window: LoadWindow): Averages {
    const { seconds, arrived, exempt, kept } = window;
    const sampled = Math.max(0, arrived - exempt);
    this.#capacity.onWindow(window, this.#probability === 1);
    const before = this.#averages;
    this.#averages = {
      exempt: follow(before?.exempt, exempt / seconds),
      sampled: follow(before?.sampled, sampled / seconds),
      gain: follow(before?.gain, (kept + GAIN_PRIOR) / (this.probability * sampled + GAIN_PRIOR)),
    };
    return this.#averages;
  }

  /** The probability at which the arriving items fit into a share of the capacity; above 1 if even more would fit. */
  #fitting(share: number, { exempt, sampled, gain }: Averages): number {
    const capacity = this.#capacity.perSecond;
    this.#exemptExceedsCapacity = capacity !== undefined && exempt > capacity;
    // No item was ever sent, so only the room in the queue is known.
    if (capacity === undefined) return share < 1 ? share : HIGHEST_AIM;
    const room = share * capacity - exempt;
    if (room <= 0) return 0;
    // The gain is at least 1, because no threshold keeps less than its probability.
    return room / (Math.max(1, gain) * sampled);
  }

  /**
   * The probability at which the next window takes at most half of the room that is left, if as many items arrive
   * again. So the queue does not overflow, even if the estimates are wrong.
   */
  #holding({ kept, exempt, sent, queued }: LoadWindow, utilization: number): number {
    const growth = kept + exempt - sent;
    // `queued` items are the share `utilization` of the queue. This is the rest.
    const room = (queued * (1 - utilization)) / utilization;
    return growth <= 0 ? HIGHEST_AIM : (this.probability * room) / (2 * growth);
  }

  /** How much may be kept, as a share of the capacity. */
  #shareOf(utilization: number): number {
    const { lowWatermark, highWatermark } = this.#options;
    const middle = (lowWatermark + highWatermark) / 2;
    if (utilization < lowWatermark) return 2 - utilization / lowWatermark;
    if (utilization < middle) return 1;
    if (utilization < highWatermark) return 1 - (DRAIN_MARGIN * (utilization - middle)) / (highWatermark - middle);
    return highWatermark === 1 ? 0 : ((1 - DRAIN_MARGIN) * (1 - utilization)) / (1 - highWatermark);
  }

  #approach(aim: number): void {
    const factor = aim / this.#probability;
    if (factor > 1 - DEAD_BAND && factor < 1 + DEAD_BAND) return;
    const step = factor < 1 ? Math.max(STEEPEST_FALL, factor) : Math.min(STEEPEST_RISE, factor ** RISE_WEIGHT);
    this.#probability = Math.min(1, Math.max(this.#options.minProbability, this.#probability * step));
    // Rounding the probability down rounds the threshold up, so that never more is kept than intended. The floor wins
    // over both.
    const kept = Math.max(this.#leastKept, Math.floor(this.#probability * STEPS));
    this.#threshold = kept === STEPS ? KEEP_ALL : { high: (STEPS - kept) * (HALF_RANGE / STEPS), low: 0 };
  }
}

/** A moving average that smooths out noise but follows a step immediately. */
function follow(average: number | undefined, value: number): number {
  if (average === undefined || value > average * STEP || value < average / STEP) return value;
  return average + WEIGHT * (value - average);
}

/**
 * Fills in defaults and checks. A default watermark gives way to a given one; two given watermarks must fit each other.
 * @throws RangeError or TypeError that names the option and its value
 */
function resolve(options: AdaptiveThresholdOptions): Required<AdaptiveThresholdOptions> {
  const defaults = DEFAULT_ADAPTIVE_THRESHOLD_OPTIONS;
  const { lowWatermark: low, highWatermark: high, minProbability = defaults.minProbability } = options;
  if (low !== undefined) between('lowWatermark', low, 0, 1);
  if (high !== undefined) between('highWatermark', high, 0, 1);
  between('minProbability', minProbability, 1 / STEPS, 1);
  const lowWatermark = low ?? Math.min(defaults.lowWatermark, high ?? 1);
  const highWatermark = high ?? Math.max(defaults.highWatermark, lowWatermark);
  notAbove('lowWatermark', lowWatermark, 'highWatermark', highWatermark);
  return { lowWatermark, highWatermark, minProbability };
}
