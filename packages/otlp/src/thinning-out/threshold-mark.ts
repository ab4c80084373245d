/**
 * The sampling that an item has passed, so that it can be sampled further while it is queued.
 *
 * The threshold is in the item's bytes as hex digits at a fixed place, four or more, so that a higher one can overwrite
 * it. They state the greater of this threshold and the one that the item came with, which may have up to 14 digits.
 */
export interface ThresholdMark {
  /** The upper 16 of the 56 bits of the threshold that the item passed here; the others are 0. */
  readonly threshold: number;
  /** The upper 28 of the 56 bits of its randomness. Negative: it is not sampled. */
  readonly randomness: number;
  /** Whether the item states the threshold. It does not if its earlier sampling is unknown. */
  readonly isSaid: boolean;
}

/** What thinning out of queued items goes by. */
export interface ThinningThreshold {
  /** The threshold that items must pass at present: its upper 16 bits. */
  readonly upperThreshold: number;
  /** Queued items had to be thinned out to that threshold, so new items should be sampled as strictly. */
  onThinnedOut(threshold: number): void;
}

/** For an item that is not sampled. */
export const UNMARKED: ThresholdMark = { threshold: 0, randomness: -1, isSaid: false };

/** Number of thresholds that four digits can express. */
export const THRESHOLDS = 0x1_0000;

/** The highest of them: it keeps 1 in 65 536. */
export const HIGHEST_THRESHOLD = THRESHOLDS - 1;

/** How many more bits the randomness (28) has than a threshold (16). */
export const BITS_BELOW_THRESHOLD = 12;

/** The least number of threshold digits that can be overwritten. */
export const THRESHOLD_DIGITS = 4;

/** Whether an item with that randomness passes a threshold. */
export function passes(randomness: number, threshold: number): boolean {
  return randomness >= threshold << BITS_BELOW_THRESHOLD;
}

/** The threshold that keeps half of the items that this one keeps. */
export function halvedThreshold(threshold: number): number {
  return Math.min(HIGHEST_THRESHOLD, THRESHOLDS - ((THRESHOLDS - threshold) >>> 1));
}
