import { isSaturated, isUsable, type LoadWindow } from './load-window.ts';
import { between, notAbove } from './bound-checks.ts';
import { SendCapacity } from './send-capacity.ts';
import { KEEP_ALL, probabilityOf, type Threshold } from './threshold.ts';
import { HALF_RANGE } from './uint56.ts';

/** Options of {@link AdaptiveThreshold}. */
export interface AdaptiveThresholdOptions {
  /** Utilization, 0 to 1, from which sampling begins. Default 0.5, as in the backpressure controller. */
  readonly lowWatermark?: number;
  /** Utilization, 0 to 1, from which room is made fast. Default 0.8, as in the backpressure controller. */
  readonly highWatermark?: number;
  /**
   * The floor: the probability never falls below it. From 1/65536 to 1. Default 1/65536, the least that 4 digits can write.
   * A higher one buys detail under extreme load with losses: what is kept and finds no room is missing from every count,
   * while what is sampled out is still counted by what is kept.
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

/** At the high watermark this share of what could be sent is not used, so that the queue drains. */
const DRAIN_MARGIN = 0.1;

/** The most that one window changes, as a factor: ten times the load is met at once, and the way from the floor to 1 in eight. */
const STEEPEST_FALL = 1 / 16;
const STEEPEST_RISE = 4;

/** How much of the way up is gone at once, on a logarithmic scale. To fall late costs room, to rise late only detail. */
const RISE_WEIGHT = 0.7;

/** How far above 1 the aim may be, so that 1 is reached in few steps. */
const HIGHEST_AIM = 2;

/** Smaller changes are not made: each may divide a trace whose spans end on both sides of it. */
const DEAD_BAND = 0.05;

/** Weight of a new window in the averages. */
const WEIGHT = 0.5;

/** A value this many times away from its average is another load, and no noise. */
const STEP = 2;

/** Items by which the gain is held at 1, so that a handful of them is not taken for a rule. */
const GAIN_PRIOR = 10;

/** What the windows so far have told. */
interface Averages {
  /** Items a second. */
  readonly exempt: number;
  /** Items a second. */
  readonly sampled: number;
  /** How many times more is kept than the probability says. */
  readonly gain: number;
}

/**
 * Sets the threshold by the load of windows that are over, so that what is kept can be sent. It never sees an item: within
 * a window the threshold depends on none, and so counts are unbiased. Where a trace reaches over several windows, it has a
 * part in what was kept in the earlier ones, and where few traces are kept that makes counts a little too high.
 *
 * All is kept until utilization reaches the low watermark. From there, and until all can be kept again,
 *
 *     probability = (share * capacity - exempt) / (gain * sampled)
 *
 * where `capacity` can be sent a second, `exempt` and `sampled` arrive a second, and `gain` is how many times more is kept than
 * the probability says: what was sampled before, by others or by this threshold, is of high randomness. `share` is 1 from
 * the low watermark to halfway to the high one, where the queue comes to rest. It falls to 0.9 at the high watermark and
 * to 0 at 1, so that the queue drains, and rises to 2 at 0, so that more is tried.
 *
 * Windows should be short beside the queue: it should hold what can be sent in ten of them, or more.
 */
export class AdaptiveThreshold {
  readonly #options: Required<AdaptiveThresholdOptions>;
  /** The floor in steps of the threshold. */
  readonly #leastKept: number;
  readonly #capacity = new SendCapacity();
  #averages: Averages | undefined;
  /** Before it is rounded. */
  #probability = 1;
  #threshold: Threshold = KEEP_ALL;
  #exemptExceedsCapacity = false;

  /** @throws RangeError or TypeError that names the option and its value */
  constructor(options: AdaptiveThresholdOptions = {}) {
    this.#options = resolve(options);
    this.#leastKept = Math.ceil(this.#options.minProbability * STEPS);
  }

  /**
   * What to decide with until the next window is over, whatever the state of the queue. At most 4 digits, rounded up.
   * `KEEP_ALL` itself while all is kept.
   */
  get threshold(): Threshold {
    return this.#threshold;
  }

  /** The share that the threshold keeps: from `minProbability` to 1. */
  get probability(): number {
    return probabilityOf(this.#threshold);
  }

  /** While sampling: more exempt items arrive than can be sent, so that no threshold is enough and the queue will overflow. */
  get exemptExceedsCapacity(): boolean {
    return this.#exemptExceedsCapacity;
  }

  /** A window is over. One with numbers that mean nothing (NaN, negative, no time) is ignored. */
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
      // Something else presses, and what can be sent says nothing of it. The share says how much is wanted.
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

  /** The probability at which what arrives fits into a share of the capacity; above 1 where more than that would fit. */
  #fitting(share: number, { exempt, sampled, gain }: Averages): number {
    const capacity = this.#capacity.perSecond;
    this.#exemptExceedsCapacity = capacity !== undefined && exempt > capacity;
    // Nothing was ever sent: only the room in the queue is known.
    if (capacity === undefined) return share < 1 ? share : HIGHEST_AIM;
    const room = share * capacity - exempt;
    if (room <= 0) return 0;
    // At least 1: no threshold keeps less than its probability says.
    return room / (Math.max(1, gain) * sampled);
  }

  /**
   * The probability at which the next window takes at most half of the room left, should as much come again. So the queue
   * holds, whatever the estimates are.
   */
  #holding({ kept, exempt, sent, queued }: LoadWindow, utilization: number): number {
    const growth = kept + exempt - sent;
    // Items of a queue of which `queued` are the share `utilization`.
    const room = (queued * (1 - utilization)) / utilization;
    return growth <= 0 ? HIGHEST_AIM : (this.probability * room) / (2 * growth);
  }

  /** What may be kept, as a share of what can be sent. */
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
    // Rounded down, and so the threshold up: never more is kept than was meant. The floor wins over both.
    const kept = Math.max(this.#leastKept, Math.floor(this.#probability * STEPS));
    this.#threshold = kept === STEPS ? KEEP_ALL : { high: (STEPS - kept) * (HALF_RANGE / STEPS), low: 0 };
  }
}

/** A moving average that takes noise out, and takes a step at once. */
function follow(average: number | undefined, value: number): number {
  if (average === undefined || value > average * STEP || value < average / STEP) return value;
  return average + WEIGHT * (value - average);
}

/**
 * Fills in defaults and checks. A default gives way to the watermark that was given; two that are given must fit each other.
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
