import { THRESHOLDS } from '../encoding/threshold-mark.ts';

/** Where an item has its digits, of one that is not sampled, and of one that is but does not say so. */
export const NO_MARK = 0;
export const NO_DIGITS = 0xffff;

/** The marks of a segment's items: 6 bytes an item, allocated with the first one that has a mark. */
export class SegmentMarks {
  /** Items that have a mark, of those that were written since all were forgotten. */
  marked = 0;
  /** The sum of the shares that their thresholds keep, each in parts of 65 536. */
  private kept = 0;
  private randomness = new Uint32Array(0);
  private distances = new Uint16Array(0);

  get memoryBytes(): number {
    return this.randomness.byteLength + this.distances.byteLength;
  }

  /**
   * The threshold that keeps as much as theirs do in the mean, so that half of them goes by the one that keeps half of it. The
   * highest would not do: one item that was sampled to next to nothing before it came would cost all others.
   */
  get meanThreshold(): number {
    return this.marked === 0 ? 0 : THRESHOLDS - Math.floor(this.kept / this.marked);
  }

  /**
   * @param capacity items that the segment's tables have room for
   * @param randomness the upper 28 bits
   * @param distance bytes from the threshold's digits to the end of the item; `NO_MARK` or `NO_DIGITS`
   * @param threshold that the item has passed: the upper 16 bits
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

  /** Those before are no more to be thinned out. */
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
