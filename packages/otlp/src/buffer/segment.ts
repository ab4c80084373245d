import { NO_DIGITS, NO_MARK, SegmentMarks } from './segment-marks.ts';
import { TakeTimes } from './take-times.ts';
import { putThresholdDigits, readThresholdDigits } from '../encoding/threshold-digits.ts';
import { viewOf } from '../protobuf/protobuf-writer.ts';
import { passes, type ThresholdMark } from '../encoding/threshold-mark.ts';

const FIRST_SLOTS = 16;

/**
 * A chunk of memory off the JS heap that holds encoded items of one lane, one behind the other, and beside them where
 * each ends and which scope it belongs to: 8 bytes an item, no object. From the first time that an item is taken its bytes are
 * never moved, for they may be on the wire, nor are those before it.
 *
 * ```
 *  bytes     [item 0][item 1 ][item 2]. . . . . .
 *  ends             ^        ^       ^byteLength
 * ```
 *
 * Items are *held* while they are queued or out. A segment whose items are no longer held can be used again, by
 * whoever gets it next: nothing reads a batch's bytes once the batch has been put back or released.
 */
export class Segment {
  readonly bytes: Uint8Array;
  /** The same bytes, for writing several at once. */
  readonly view: DataView;
  /** Position among the segments of its lane. */
  sequence = 0;
  /** Items written. */
  count = 0;
  /** Bytes written. */
  byteLength = 0;
  /** Items written that are queued or out. */
  held = 0;
  readonly takeTimes = new TakeTimes();
  readonly marks = new SegmentMarks();
  private ends = new Uint32Array(FIRST_SLOTS);
  private scopeIds = new Uint32Array(FIRST_SLOTS);

  /** @param capacity bytes for items */
  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.view = viewOf(this.bytes);
  }

  /** Bytes allocated: for items, tables and times. */
  get memoryBytes(): number {
    return this.bytes.byteLength + this.ends.byteLength + this.scopeIds.byteLength + this.takeTimes.memoryBytes + this.marks.memoryBytes;
  }

  /**
   * Takes up the item whose bytes were written behind the others.
   * @param distance bytes from the digits of the threshold that it says it has passed to its end; 0: there are none
   */
  append(byteLength: number, scopeId: number, mark: ThresholdMark, distance: number): void {
    const { threshold, randomness, isSaid } = mark;
    const place = isSaid ? distance : randomness < 0 ? NO_MARK : NO_DIGITS;
    this.add(byteLength, scopeId, randomness, place, passedBy(this.bytes, this.byteLength + byteLength, place, threshold));
  }

  /** Makes the room of the last item free again. Only for an item that was never taken, and is held no more. */
  removeLast(): void {
    this.count -= 1;
    this.byteLength = this.startOf(this.count);
  }

  /** Starts again from empty. */
  reset(): void {
    this.count = 0;
    this.byteLength = 0;
    this.takeTimes.reset();
    this.marks.forget();
  }

  /** Where an item begins, and, for `count`, where the next one would. */
  startOf(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] as number);
  }

  /** Bytes of the items from `first` on, and before `end`. */
  byteLengthOf(first: number, end: number): number {
    return this.startOf(end) - this.startOf(first);
  }

  scopeIdOf(index: number): number {
    return this.scopeIds[index] as number;
  }

  /** The first item from `first` on, and before `end`, that belongs to another scope than `first`; else `end`. */
  endOfScope(first: number, end: number): number {
    const { scopeIds } = this;
    const scopeId = scopeIds[first];
    let index = first + 1;
    while (index < end && scopeIds[index] === scopeId) index += 1;
    return index;
  }

  /** How many items from `first` on, and before `end`, fit a number of bytes. */
  countThatFits(first: number, end: number, maxBytes: number): number {
    const limit = this.startOf(first) + maxBytes;
    let low = first;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ends[middle] as number) <= limit) low = middle + 1;
      else high = middle;
    }
    return low - first;
  }

  /**
   * Removes the marked items that a threshold does not keep, and writes it into those that it keeps, unless they have passed
   * a higher one or say none. What is left is moved together.
   * @param first of the items that this is about, and all behind it: queued, and never taken
   * @param spared of the newest items, left as they are
   * @param onRemoved told of the scope of each item that is removed
   * @returns how many were removed
   */
  thinOut(first: number, threshold: number, spared: number, onRemoved: (scopeId: number) => void): number {
    const { bytes, marks, count } = this;
    let start = this.startOf(first);
    this.count = first;
    this.byteLength = start;
    this.held -= count - first;
    marks.forget();
    for (let index = first; index < count; index++) {
      const end = this.ends[index] as number;
      const distance = marks.distanceOf(index);
      const randomness = marks.randomnessOf(index);
      const passed = passedBy(bytes, end, distance, threshold);
      const isSpared = distance === NO_MARK || index >= count - spared;
      if (isSpared || passes(randomness, threshold)) {
        if (!isSpared && threshold > passed) putThresholdDigits(bytes, end - distance, end, threshold);
        if (start !== this.byteLength) bytes.copyWithin(this.byteLength, start, end);
        // One that is spared counts as the others do: the segment has been thinned out as far as that.
        this.add(end - start, this.scopeIds[index] as number, randomness, distance, Math.max(passed, threshold));
      } else onRemoved(this.scopeIds[index] as number);
      start = end;
    }
    return count - this.count;
  }

  /** Takes over all items of the segment after this one, if there is room for their bytes. None of either may ever have been taken. */
  absorb(next: Segment): boolean {
    if (this.byteLength + next.byteLength > this.bytes.length) return false;
    this.bytes.set(next.bytes.subarray(0, next.byteLength), this.byteLength);
    const { meanThreshold } = next.marks;
    for (let index = 0; index < next.count; index++) {
      const distance = next.marks.distanceOf(index);
      const passed = passedBy(next.bytes, next.startOf(index + 1), distance, meanThreshold);
      this.add(next.byteLengthOf(index, index + 1), next.scopeIdOf(index), next.marks.randomnessOf(index), distance, passed);
    }
    return true;
  }

  private add(byteLength: number, scopeId: number, randomness: number, distance: number, threshold: number): void {
    if (this.count === this.ends.length) this.growTables();
    this.byteLength += byteLength;
    this.ends[this.count] = this.byteLength;
    this.scopeIds[this.count] = scopeId;
    this.marks.set(this.count, this.ends.length, randomness, distance, threshold);
    this.count += 1;
    this.held += 1;
  }

  private growTables(): void {
    const ends = new Uint32Array(this.count * 2);
    const scopeIds = new Uint32Array(this.count * 2);
    ends.set(this.ends);
    scopeIds.set(this.scopeIds);
    this.ends = ends;
    this.scopeIds = scopeIds;
  }
}

/** The threshold that an item says it has passed, the upper 16 bits. @param unsaid where it says none */
function passedBy(bytes: Uint8Array, end: number, distance: number, unsaid: number): number {
  return distance === NO_MARK || distance === NO_DIGITS ? unsaid : readThresholdDigits(bytes, end - distance);
}
