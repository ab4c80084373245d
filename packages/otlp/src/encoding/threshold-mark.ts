/**
 * The sampling that an item has passed, so that it can be sampled further while it is queued.
 *
 * The threshold stands in the item's bytes as hex digits of fixed place, four or more, to be overwritten with a higher one.
 * They say the greater one of this threshold and of that which the item came with, whose digits may be up to 14.
 */
export interface ThresholdMark {
  /** The upper 16 of the 56 bits of the threshold that the item was kept by here; the others are 0. */
  readonly threshold: number;
  /** The upper 28 of the 56 bits of its randomness. Negative: it is not sampled. */
  readonly randomness: number;
  /** Whether the item says the threshold. Not where nobody knows how it was sampled before. */
  readonly isSaid: boolean;
}

/** Where marks come from. */
export interface MarkSource {
  /** Of the item that is being pushed. */
  readonly mark: ThresholdMark;
  /** By which items are kept at present: the upper 16 bits. */
  readonly upperThreshold: number;
  /** Queued items had to be thinned out by that threshold: what comes next had better be as few. */
  onThinnedOut(threshold: number): void;
}

/** Of an item that is not sampled. */
export const UNMARKED: ThresholdMark = { threshold: 0, randomness: -1, isSaid: false };

/** Thresholds that four digits can write. */
export const THRESHOLDS = 0x1_0000;

/** The highest of them: it keeps 1 in 65 536. */
export const HIGHEST_THRESHOLD = THRESHOLDS - 1;

/** How far the 28 bits that are looked at reach beyond the 16 of a threshold. */
export const BITS_BELOW_THRESHOLD = 12;

/** Digits of a threshold that can be written over, at least. */
export const THRESHOLD_DIGITS = 4;

/** Whether an item of that randomness passes a threshold. */
export function passes(randomness: number, threshold: number): boolean {
  return randomness >= threshold << BITS_BELOW_THRESHOLD;
}

/** The threshold that keeps half of what this one keeps. */
export function halvedThreshold(threshold: number): number {
  return Math.min(HIGHEST_THRESHOLD, THRESHOLDS - ((THRESHOLDS - threshold) >>> 1));
}
