const FIRST_STEPS = 4;

/**
 * When the items of a segment were first taken.
 *
 * A lane is taken oldest first, and items that are put back stand before items that were never taken. So the items that
 * were ever taken are the first ones of the segment, and their times never decrease. One step for each first take is
 * enough:
 *
 * ```
 *  items   0 1 2 3 4 5 6 7 8 9 . .
 *  steps   |--- t0 ---|- t1 -| never taken
 * ```
 */
export class TakeTimes {
  private ends = new Uint32Array(FIRST_STEPS);
  private times = new Float64Array(FIRST_STEPS);
  private steps = 0;

  /** Items before this one were taken at least once. */
  get takenEnd(): number {
    return this.steps === 0 ? 0 : (this.ends[this.steps - 1] as number);
  }

  get memoryBytes(): number {
    return this.ends.byteLength + this.times.byteLength;
  }

  /** The items before `end` are taken now. Items that were taken before keep their time. */
  record(end: number, now: number): void {
    if (end <= this.takenEnd) return;
    if (this.steps === this.ends.length) this.grow();
    this.ends[this.steps] = end;
    this.times[this.steps] = now;
    this.steps += 1;
  }

  /** When an item was first taken; `Infinity` if it never was. */
  timeOf(index: number): number {
    const step = this.stepOf(index);
    return step === this.steps ? Infinity : (this.times[step] as number);
  }

  /** The first item that was not taken before that time. */
  endBefore(time: number): number {
    let low = 0;
    let high = this.steps;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.times[middle] as number) < time) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : (this.ends[low - 1] as number);
  }

  reset(): void {
    this.steps = 0;
  }

  private stepOf(index: number): number {
    let low = 0;
    let high = this.steps;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ends[middle] as number) <= index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private grow(): void {
    const ends = new Uint32Array(this.steps * 2);
    const times = new Float64Array(this.steps * 2);
    ends.set(this.ends);
    times.set(this.times);
    this.ends = ends;
    this.times = times;
  }
}
