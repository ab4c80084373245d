import { NO_DIGITS, NO_MARK, SegmentMarks } from '../thinning-out/segment-marks.ts';
import { TakeTimes } from './take-times.ts';
import { putThresholdDigits, readThresholdDigits } from '../thinning-out/threshold-digits.ts';
import { viewOf } from '../protobuf/protobuf-writer.ts';
import { passes, type ThresholdMark, UNMARKED } from '../thinning-out/threshold-mark.ts';

const FIRST_SLOTS = 16;

/**
 * A chunk of memory off the JS heap for the encoded items of one lane, one after another. Tables hold where each item
 * ends and the number of its headers: 8 bytes an item, and no object. Once an item has been taken, its bytes and those
 * before it never move, because they may be on the wire.
 *
 * ```
 *  bytes     [item 0][item 1 ][item 2]. . . . . .
 *  ends             ^        ^       ^byteLength
 * ```
 *
 * Items are *held* while they are queued or in flight. A segment without held items can be reused, because nothing
 * reads a batch's bytes once the batch has been put back or released.
 */
export class Segment {
  readonly bytes: Uint8Array;
  /** A view of the same bytes, for writing several at once. */
  readonly view: DataView;
  /** No item of it came in before that moment. */
  startedAt = 0;
  /** Position among the segments of its lane. */
  sequence = 0;
  /** Items written. */
  count = 0;
  /** Bytes written. */
  byteLength = 0;
  /** Items written that are still held. */
  held = 0;
  readonly takeTimes = new TakeTimes();
  readonly marks = new SegmentMarks();
  private ends = new Uint32Array(FIRST_SLOTS);
  private headerIds = new Uint32Array(FIRST_SLOTS);

  /** @param capacity bytes for items */
  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.view = viewOf(this.bytes);
  }

  /** Bytes allocated: for items, tables and times. */
  get memoryBytes(): number {
    return (
      this.bytes.byteLength +
      this.ends.byteLength +
      this.headerIds.byteLength +
      this.takeTimes.memoryBytes +
      this.marks.memoryBytes
    );
  }

  /**
   * Adds the item whose bytes were written behind the last one.
   * @param distance bytes from the digits of the item's threshold to the end of the item; 0 if it has none
   */
  append(byteLength: number, headerId: number, mark: ThresholdMark, distance: number): void {
    if (mark === UNMARKED) return this.add(byteLength, headerId, mark.randomness, NO_MARK, 0);
    const { threshold, randomness, isSaid } = mark;
    const place = isSaid ? distance : randomness < 0 ? NO_MARK : NO_DIGITS;
    this.add(
      byteLength,
      headerId,
      randomness,
      place,
      passedBy(this.bytes, this.byteLength + byteLength, place, threshold),
    );
  }

  /** Frees the room of the last item. Only for an item that was never taken and is no longer held. */
  removeLast(): void {
    this.count -= 1;
    this.byteLength = this.startOf(this.count);
  }

  /** Empties the segment. */
  reset(): void {
    this.count = 0;
    this.byteLength = 0;
    this.takeTimes.reset();
    this.marks.forget();
  }

  /** Where an item begins. For `count`, where the next one will begin. */
  startOf(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] as number);
  }

  /** Bytes of the items from `first` on, and before `end`. */
  byteLengthOf(first: number, end: number): number {
    return this.startOf(end) - this.startOf(first);
  }

  headerIdOf(index: number): number {
    return this.headerIds[index] as number;
  }

  /** The first item after `first`, and before `end`, that has other headers than `first`; otherwise `end`. */
  endOfHeader(first: number, end: number): number {
    const { headerIds } = this;
    const headerId = headerIds[first];
    let index = first + 1;
    while (index < end && headerIds[index] === headerId) index += 1;
    return index;
  }

  /** How many items from `first` on, and before `end`, fit into that many bytes. */
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
   * Removes the marked items that a threshold does not keep. Writes the threshold into those that it keeps, unless they
   * have passed a higher one or do not state any. Closes the gaps.
   * @param first the first item that may go; it and all later ones are queued and were never taken
   * @param spared how many of the newest items are left unchanged
   * @param onRemoved is told the headers of each removed item
   * @returns how many were removed
   */
  thinOut(first: number, threshold: number, spared: number, onRemoved: (headerId: number) => void): number {
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
        // A spared item counts like the others: the segment has been thinned out up to this threshold.
        this.add(end - start, this.headerIds[index] as number, randomness, distance, Math.max(passed, threshold));
      } else onRemoved(this.headerIds[index] as number);
      start = end;
    }
    return count - this.count;
  }

  /** Takes over all items of the next segment, if their bytes fit. No item of either may ever have been taken. */
  absorb(next: Segment): boolean {
    if (this.byteLength + next.byteLength > this.bytes.length) return false;
    this.bytes.set(next.bytes.subarray(0, next.byteLength), this.byteLength);
    const { meanThreshold } = next.marks;
    for (let index = 0; index < next.count; index++) {
      const distance = next.marks.distanceOf(index);
      const passed = passedBy(next.bytes, next.startOf(index + 1), distance, meanThreshold);
      this.add(
        next.byteLengthOf(index, index + 1),
        next.headerIdOf(index),
        next.marks.randomnessOf(index),
        distance,
        passed,
      );
    }
    return true;
  }

  private add(byteLength: number, headerId: number, randomness: number, distance: number, threshold: number): void {
    if (this.count === this.ends.length) this.growTables();
    this.byteLength += byteLength;
    this.ends[this.count] = this.byteLength;
    this.headerIds[this.count] = headerId;
    this.marks.set(this.count, this.ends.length, randomness, distance, threshold);
    this.count += 1;
    this.held += 1;
  }

  private growTables(): void {
    const ends = new Uint32Array(this.count * 2);
    const headerIds = new Uint32Array(this.count * 2);
    ends.set(this.ends);
    headerIds.set(this.headerIds);
    this.ends = ends;
    this.headerIds = headerIds;
  }
}

/** The threshold that an item states: its upper 16 bits. @param unsaid the result if it states none */
function passedBy(bytes: Uint8Array, end: number, distance: number, unsaid: number): number {
  return distance === NO_MARK || distance === NO_DIGITS ? unsaid : readThresholdDigits(bytes, end - distance);
}
