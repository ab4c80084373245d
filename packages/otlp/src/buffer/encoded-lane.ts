import { type EncodedRun, RunList } from './run-list.ts';
import { MarkedRuns } from '../thinning-out/marked-runs.ts';
import type { HeldHeaders } from './header-numbers.ts';
import type { Segment } from './segment.ts';
import type { SegmentStore } from './segment-store.ts';
import { halvedThreshold, type ThresholdMark } from '../thinning-out/threshold-mark.ts';

/** A lane's first segment is small, so that a quiet process holds little memory. */
const FIRST_SEGMENT_BYTES = 4 * 1024;

/**
 * A larger item that does not fit the open segment gets a segment of its own size, because it would leave too much of a
 * shared one unused.
 */
const OWN_SEGMENT_BYTES = 16 * 1024;

/** The items of one priority: their order, and the segment that the next one is written to. */
export class EncodedLane {
  /** The queued items, in order. */
  readonly runs = new RunList();
  /** Bytes of the queued items. */
  queuedBytes = 0;
  private readonly store: SegmentStore;
  private readonly headers: HeldHeaders;
  private readonly now: () => number;
  /** The next item is written here, as long as it fits. */
  private openSegment: Segment | undefined;
  private nextCapacity = FIRST_SEGMENT_BYTES;
  private nextSequence = 0;
  /** The runs among `runs` that end with items which were never taken. */
  private readonly markedRuns = new MarkedRuns();

  /**
   * @param headers is told of each item that is no longer held
   * @param now the time in milliseconds
   */
  constructor(store: SegmentStore, headers: HeldHeaders, now: () => number) {
    this.store = store;
    this.headers = headers;
    this.now = now;
  }

  /** The segment to try for the next item. It may be full. */
  get open(): Segment {
    return this.openSegment ?? this.openNext();
  }

  /** Makes a new segment for an item that does not fit the open one, and copies its bytes there. */
  moveToNewSegment(item: Uint8Array): Segment {
    const hasItsOwn = item.length > OWN_SEGMENT_BYTES;
    // An item with its own segment does not show how much room the others need.
    this.close(hasItsOwn ? 0 : item.length);
    const segment = hasItsOwn ? this.allocate(item.length) : this.openNext();
    segment.bytes.set(item);
    return segment;
  }

  /** Queues the item whose bytes were written behind the last item of a segment of this lane: see `Segment.append`. */
  append(segment: Segment, byteLength: number, headerId: number, mark: ThresholdMark, distance: number): void {
    segment.append(byteLength, headerId, mark, distance);
    this.runs.append(segment, segment.count - 1);
    if (mark.randomness >= 0 && segment.marks.marked === 1) this.markedRuns.add(this.runs.last as EncodedRun);
    this.queuedBytes += byteLength;
  }

  /** Removes that many of the oldest items, at most the first run, from the queue. @returns their bytes */
  takeOldest(count: number): number {
    const run = this.runs.first as EncodedRun;
    const { segment, first, end } = run;
    const byteLength = segment.byteLengthOf(first, first + count);
    if (count === end - first) this.forget(run);
    this.runs.removeOldest(count);
    this.queuedBytes -= byteLength;
    return byteLength;
  }

  /** Queues a run that was taken. */
  putBack(run: EncodedRun): void {
    this.runs.insert(run);
    this.queuedBytes += run.segment.byteLengthOf(run.first, run.end);
  }

  /** Whether the oldest or newest queued item was taken before. */
  wasTaken(end: 'oldest' | 'newest'): boolean {
    const run = end === 'oldest' ? this.runs.first : this.runs.last;
    if (run === undefined) return false;
    return (end === 'oldest' ? run.first : run.end - 1) < run.segment.takeTimes.takenEnd;
  }

  /** Evicts that many of the oldest items, at most the first run. @returns their bytes */
  evictOldest(count: number): number {
    const run = this.runs.first;
    if (run === undefined) return 0;
    const { segment, first } = run;
    const byteLength = this.takeOldest(count);
    this.letGo(segment, first, first + count);
    return byteLength;
  }

  /** Evicts the newest item. @returns its bytes */
  evictNewest(): number {
    const run = this.runs.last;
    if (run === undefined) return 0;
    const { segment, first, end } = run;
    const byteLength = segment.byteLengthOf(end - 1, end);
    if (first === end - 1) this.forget(run);
    this.runs.removeNewest();
    this.queuedBytes -= byteLength;
    // Its room is free again if it was never taken: then no later item of the segment was taken either, so it is the
    // last.
    if (end > segment.takeTimes.takenEnd) segment.removeLast();
    this.letGo(segment, end - 1, end);
    return byteLength;
  }

  /**
   * Raises the sampling threshold of one segment, the one that has been thinned least, and evicts its queued items
   * below it. Only marked items that were never taken can go. Neither choice depends on an item's randomness, so counts
   * stay right: the remaining items carry the threshold that they passed.
   * @param threshold the least new threshold; it is raised further if it would evict less than about half of the marked
   *   items
   * @returns the evicted items and bytes, and the threshold; `undefined` if nothing can be thinned out any more
   */
  thinOut(threshold: number): { items: number; bytes: number; threshold: number } | undefined {
    const run = this.markedRuns.takeLeast();
    if (run === undefined) return undefined;
    const { segment } = run;
    const before = segment.byteLength;
    // The item that was pushed last may still be taken back.
    const spared = run === this.runs.last ? 1 : 0;
    const raised = Math.max(threshold, halvedThreshold(segment.marks.meanThreshold));
    const items = segment.thinOut(Math.max(run.first, segment.takeTimes.takenEnd), raised, spared, (headerId) =>
      this.headers.letGo(headerId, 1),
    );
    const bytes = before - segment.byteLength;
    this.queuedBytes -= bytes;
    this.runs.shorten(run, items);
    if (segment.held === 0) this.store.free(segment);
    else if (!this.mergeIntoPrevious(run)) this.markedRuns.add(run);
    return { items, bytes, threshold: raised };
  }

  /** A whole run leaves the queue, so none of its items can be thinned out any more. */
  private forget(run: EncodedRun): void {
    this.markedRuns.remove(run);
    run.segment.marks.forget();
  }

  /** Otherwise thinned segments would keep the memory of evicted items. @returns whether the run is gone */
  private mergeIntoPrevious(run: EncodedRun): boolean {
    const previous = this.runs.previousOf(run);
    if (previous === undefined || run.segment === this.openSegment || !isUntouched(run) || !isUntouched(previous))
      return false;
    const hadMarks = previous.segment.marks.marked > 0;
    if (!previous.segment.absorb(run.segment)) return false;
    if (!hadMarks) this.markedRuns.add(previous);
    this.runs.joinNext(previous);
    this.store.free(run.segment);
    return true;
  }

  /**
   * The items of a segment from `first` on, and before `end`, are no longer held. When no item of the segment is held,
   * its memory can be used again.
   */
  letGo(segment: Segment, first: number, end: number): void {
    for (let start = first; start < end;) {
      const next = segment.endOfHeader(start, end);
      this.headers.letGo(segment.headerIdOf(start), next - start);
      start = next;
    }
    segment.held -= end - first;
    if (segment.held > 0) return;
    if (segment === this.openSegment) {
      segment.reset();
      segment.startedAt = this.now();
    } else this.store.free(segment);
  }

  /** The next item goes to a new segment. */
  closeOpenSegment(): void {
    if (this.openSegment !== undefined) this.close(0);
  }

  private openNext(): Segment {
    const segment = this.allocate(this.nextCapacity);
    this.openSegment = segment;
    return segment;
  }

  /**
   * The next segment has twice the room that was needed in this one. So a lane grows as it is used, and if large items
   * keep interrupting it, it does not leave full-sized segments nearly empty.
   * @param refused bytes of the item that did not fit
   */
  private close(refused: number): void {
    const segment = this.open;
    this.openSegment = undefined;
    let capacity = FIRST_SEGMENT_BYTES;
    while (capacity < (segment.byteLength + refused) * 2) capacity *= 2;
    this.nextCapacity = Math.min(capacity, this.store.segmentBytes);
    if (segment.held === 0) this.store.free(segment);
  }

  private allocate(capacity: number): Segment {
    const segment = this.store.allocate(capacity, this.nextSequence);
    segment.startedAt = this.now();
    this.nextSequence += 1;
    return segment;
  }
}

/** Whether all items of its segment are queued, and none was ever taken. */
function isUntouched({ segment, first, end }: EncodedRun): boolean {
  return first === 0 && end === segment.count && segment.takeTimes.takenEnd === 0;
}
