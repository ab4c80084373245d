import { TakeTimes } from './take-times.ts';

const FIRST_SLOTS = 16;

/**
 * A chunk of memory off the JS heap that holds encoded items of one lane, one behind the other, and beside them where
 * each ends and which scope it belongs to: 8 bytes an item, no object. Append-only: bytes of a finished item are never
 * moved, for they may be on the wire.
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
  /** Position among the segments of its lane. */
  sequence = 0;
  /** Items written. */
  count = 0;
  /** Bytes written. */
  byteLength = 0;
  /** Items written that are queued or out. */
  held = 0;
  readonly takeTimes = new TakeTimes();
  private ends = new Uint32Array(FIRST_SLOTS);
  private scopeIds = new Uint32Array(FIRST_SLOTS);

  /** @param capacity bytes for items */
  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Bytes allocated: for items, tables and times. */
  get memoryBytes(): number {
    return this.bytes.byteLength + this.ends.byteLength + this.scopeIds.byteLength + this.takeTimes.memoryBytes;
  }

  /** Takes up the item whose bytes were written behind the others. */
  append(byteLength: number, scopeId: number): void {
    if (this.count === this.ends.length) this.growTables();
    this.byteLength += byteLength;
    this.ends[this.count] = this.byteLength;
    this.scopeIds[this.count] = scopeId;
    this.count += 1;
    this.held += 1;
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

  private growTables(): void {
    const ends = new Uint32Array(this.count * 2);
    const scopeIds = new Uint32Array(this.count * 2);
    ends.set(this.ends);
    scopeIds.set(this.scopeIds);
    this.ends = ends;
    this.scopeIds = scopeIds;
  }
}
