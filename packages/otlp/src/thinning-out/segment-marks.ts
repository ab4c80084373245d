import { THRESHOLDS } from './threshold-mark.ts';

/** Instead of the distance to the digits: of an item that is not sampled, and of one that is but does not say so. */
export const NO_MARK = 0;
export const NO_DIGITS = 0xffff;

/** The marks of a segment's items: 6 bytes an item, allocated with the first one that has a mark. */
export class SegmentMarks {
  /** Marked items among those written since the last `forget`. */
  marked = 0;
  /** The sum of the shares that their thresholds keep, each in parts of 65 536. */
  private kept = 0;
  private randomness = new Uint32Array(0);
  private distances = new Uint16Array(0);

  get memoryBytes(): number {
    return this.randomness.byteLength + this.distances.byteLength;
  }

  /**
   * The threshold that keeps the average share of the items' thresholds. A threshold that keeps half of that share
   * evicts half of the items. The highest threshold would not do: one item that was sampled heavily before it came
   * would cost all others.
   */
  get meanThreshold(): number {
    return this.marked === 0 ? 0 : THRESHOLDS - Math.floor(this.kept / this.marked);
  }

  /**
   * @param capacity items that the segment's tables have room for
   * @param randomness the upper 28 bits
   * @param distance bytes from the threshold's digits to the end of the item; `NO_MARK` or `NO_DIGITS`
   * @param threshold the one that the item has passed: its upper 16 bits
   */
  set(index: number, capacity: number, randomness: number, distance: number, threshold: number): void {
    if (index >= this.distances.length) {
      if (distance === NO_MARK) return;
      this.grow(capacity);
    }
    this.randomness[index] = randomness;
    this.distances[index] = distance;
    if (distance === NO_MARK) return;
    this.marked += 1;
    this.kept += THRESHOLDS - threshold;
  }

  /** 0 for an item without a mark. */
  randomnessOf(index: number): number {
    return this.randomness[index] ?? 0;
  }

  distanceOf(index: number): number {
    return this.distances[index] ?? NO_MARK;
  }

  /** The items written so far can no longer be thinned out. */
  forget(): void {
    this.marked = 0;
    this.kept = 0;
  }

  private grow(capacity: number): void {
    const randomness = new Uint32Array(capacity);
    const distances = new Uint16Array(capacity);
    randomness.set(this.randomness);
    distances.set(this.distances);
    this.randomness = randomness;
    this.distances = distances;
  }
}
