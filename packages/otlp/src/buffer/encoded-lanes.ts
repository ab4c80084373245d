import { now as clock } from '@spillway/backpressure';
import { thinOutLanes } from '../thinning-out/thinning-out.ts';
import type { ThinningThreshold } from '../thinning-out/threshold-mark.ts';
import { type BatchRun, type EncodedBatch, type OutBatch, settles, splitBatch } from './encoded-batch.ts';
import { EncodedLane } from './encoded-lane.ts';
import type { HeaderNumbers } from './header-numbers.ts';
import type { SegmentStore } from './segment-store.ts';

/** Lanes are kept in an array. A priority this high is a mistake, and would only make the array long. */
const MAX_LANE = 255;

export interface EncodedLanesOptions {
  /** The threshold by which queued items with a mark are thinned out. Default: items are not thinned out. */
  readonly thinning?: ThinningThreshold | undefined;
  /** The time in milliseconds. Default: a clock that never jumps. */
  readonly now?: (() => number) | undefined;
}

/** The queue of an encoded buffer: everything that a `BatchBuffer` does, except that an item comes in already encoded. */
export class EncodedLanes<Item> {
  readonly headers: HeaderNumbers<Item>;
  private readonly store: SegmentStore;
  private readonly thinning: ThinningThreshold | undefined;
  private readonly now: () => number;
  private readonly lanes: EncodedLane[] = [];
  private queued = 0;
  private returned = 0;
  private lastPushed: EncodedLane | undefined;
  /** When the first item came into the empty queue, or earlier, if items of then have come back. */
  private filledFrom = -Infinity;

  /** @param headers numbers the headers of the items, and is told of each item that is no longer held */
  constructor(store: SegmentStore, headers: HeaderNumbers<Item>, { thinning, now = clock }: EncodedLanesOptions = {}) {
    this.store = store;
    this.headers = headers;
    this.thinning = thinning;
    this.now = now;
  }

  get size(): number {
    return this.queued;
  }

  get returnedSize(): number {
    return this.returned;
  }

  get lowestLane(): number {
    const index = this.lanes.findIndex((lane) => lane.runs.size > 0);
    return index === -1 ? Infinity : index;
  }

  laneSize(lane: number): number {
    return this.lanes[lane]?.runs.size ?? 0;
  }

  laneBytes(lane: number): number {
    return this.lanes[lane]?.queuedBytes ?? 0;
  }

  /**
   * A moment before which no queued item came in; `undefined` if nothing is queued. No item has a time of its own. While
   * the queue is emptied again and again, the first item since the last time tells; in a backlog, the segment does, and
   * that of the oldest item was filled quickly.
   */
  get oldestQueuedAt(): number | undefined {
    if (this.queued === 0) return undefined;
    let startedAt = Infinity;
    for (const { runs } of this.lanes) startedAt = Math.min(startedAt, runs.first?.segment.startedAt ?? Infinity);
    return Math.max(startedAt, this.filledFrom);
  }

  /** @throws RangeError if it is not a whole number from 0 to 255 */
  laneOf(index: number): EncodedLane {
    return this.lanes[index] ?? this.addLanes(index);
  }

  /** An item was appended to that lane. */
  onPushed(lane: EncodedLane): void {
    if (this.queued === 0) this.filledFrom = this.now();
    this.queued += 1;
    this.lastPushed = lane;
  }

  undoPush(): void {
    if (this.lastPushed === undefined) throw new Error('undoPush is valid only directly after push');
    this.lastPushed.evictNewest();
    this.queued -= 1;
    this.lastPushed = undefined;
  }

  evict(end: 'oldest' | 'newest'): number {
    const lane = this.lanes[this.lowestLane];
    if (lane === undefined) return 0;
    this.queued -= 1;
    if (lane.wasTaken(end)) this.returned -= 1;
    return end === 'oldest' ? lane.evictOldest(1) : lane.evictNewest();
  }

  /** See {@link thinOutLanes}. */
  thinOut(highestLane: number): { items: number; bytes: number } {
    const givenUp = thinOutLanes(this.lanes, highestLane, this.thinning);
    this.queued -= givenUp.items;
    return givenUp;
  }

  take(maxItems: number, maxBytes: number): EncodedBatch {
    const now = this.now();
    const runs: BatchRun[] = [];
    const { filledFrom } = this;
    const batch = {
      runs,
      itemCount: 0,
      byteLength: 0,
      firstTakenAt: now,
      filledFrom,
      isOut: true,
    } satisfies OutBatch;
    for (let index = this.lanes.length - 1; index >= 0; index -= 1) {
      const lane = this.lanes[index] as EncodedLane;
      for (let next = lane.runs.first; next !== undefined; next = lane.runs.first) {
        const { segment, first, end } = next;
        const last = Math.min(end, first + Math.floor(maxItems) - batch.itemCount);
        let count = segment.countThatFits(first, last, maxBytes - batch.byteLength);
        if (count === 0 && batch.itemCount === 0) count = 1;
        if (count === 0) return batch;
        const run = { lane, segment, first, end: first + count };
        runs.push(run);
        batch.itemCount += count;
        batch.byteLength += segment.byteLengthOf(first, run.end);
        batch.firstTakenAt = Math.min(batch.firstTakenAt, segment.takeTimes.timeOf(first));
        this.returned -= Math.min(Math.max(segment.takeTimes.takenEnd - first, 0), count);
        segment.takeTimes.record(run.end, now);
        lane.takeOldest(count);
        this.queued -= count;
      }
    }
    return batch;
  }

  putBack(batch: EncodedBatch): void {
    if (!settles(batch)) return;
    for (const run of batch.runs) run.lane.putBack(run);
    this.queued += batch.itemCount;
    this.returned += batch.itemCount;
    this.filledFrom = Math.min(this.filledFrom, batch.filledFrom);
  }

  release(batch: EncodedBatch): void {
    if (!settles(batch)) return;
    for (const { lane, segment, first, end } of batch.runs) lane.letGo(segment, first, end);
  }

  split(batch: EncodedBatch): [EncodedBatch, EncodedBatch] {
    return splitBatch(batch);
  }

  laneCountOf(batch: EncodedBatch, lane: number): number {
    let count = 0;
    for (const run of batch.runs) if (run.lane === this.lanes[lane]) count += run.end - run.first;
    return count;
  }

  evictTakenBefore(time: number): { items: number; bytes: number } {
    const before = this.queued;
    let bytes = 0;
    for (const lane of this.lanes) {
      for (let run = lane.runs.first; run !== undefined; run = lane.runs.first) {
        const expired = Math.min(run.end, run.segment.takeTimes.endBefore(time)) - run.first;
        if (expired <= 0) break;
        bytes += lane.evictOldest(expired);
        this.queued -= expired;
      }
    }
    this.returned -= before - this.queued;
    return { items: before - this.queued, bytes };
  }

  /** No item is expected any more. Gives memory back that is kept for the next one. */
  close(): void {
    for (const lane of this.lanes) lane.closeOpenSegment();
  }

  private addLanes(index: number): EncodedLane {
    if (!Number.isInteger(index) || index < 0 || index > MAX_LANE) {
      throw new RangeError(`a lane is a whole number from 0 to ${MAX_LANE}, got ${String(index)}`);
    }
    while (this.lanes.length <= index) this.lanes.push(new EncodedLane(this.store, this.headers, this.now));
    return this.lanes[index] as EncodedLane;
  }
}
