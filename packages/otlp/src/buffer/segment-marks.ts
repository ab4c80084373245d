/** The marks of a segment's items: 6 bytes an item, allocated with the first one that has a mark. */
export class SegmentMarks {
  /** Items that have a mark. */
  marked = 0;
  /** The highest threshold that any of them was kept by. */
  highest = 0;
  private randomness = new Uint32Array(0);
  private distances = new Uint16Array(0);

  get memoryBytes(): number {
    return this.randomness.byteLength + this.distances.byteLength;
  }

  /**
   * @param capacity items that the segment's tables have room for
   * @param randomness the upper 28 bits
   * @param distance bytes from the threshold's digits to the end of the item; 0: it has no mark
   */
  set(index: number, capacity: number, randomness: number, distance: number): void {
    if (index >= this.distances.length) {
      if (distance === 0) return;
      this.grow(capacity);
    }
    this.randomness[index] = randomness;
    this.distances[index] = distance;
    if (distance !== 0) this.marked += 1;
  }

  randomnessOf(index: number): number {
    return this.randomness[index] as number;
  }

  /** 0 for an item without a mark. */
  distanceOf(index: number): number {
    return this.distances[index] ?? 0;
  }

  reset(): void {
    this.marked = 0;
    this.highest = 0;
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
