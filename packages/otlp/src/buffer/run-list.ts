import type { Segment } from './segment.ts';

/** Neighbouring items of one segment: from `first`, before `end`. */
export interface EncodedRun {
  readonly segment: Segment;
  readonly first: number;
  readonly end: number;
}

/** A run in the list. */
interface QueuedRun {
  readonly segment: Segment;
  first: number;
  end: number;
  previous: QueuedRun | undefined;
  next: QueuedRun | undefined;
}

/**
 * The queued items of a lane, as runs in order of arrival: by segment, then by item.
 *
 * ```
 *  first                                        last
 *  [segment 4: 20-31] <-> [segment 4: 64-300] <-> [segment 5: 0-112]   push extends the last run
 *                    ^ 32-63 are taken out; when they are put back, all of segment 4 becomes one run again
 * ```
 *
 * A doubly linked list, so that both ends are O(1) and putting a run back moves no other run. Neighbours are merged, so
 * however often batches fail, once all items are back there is one run per segment.
 */
export class RunList {
  /** Items in all runs. */
  size = 0;
  private firstRun: QueuedRun | undefined;
  private lastRun: QueuedRun | undefined;

  /** The run of the oldest items. */
  get first(): EncodedRun | undefined {
    return this.firstRun;
  }

  /** The run of the newest items. */
  get last(): EncodedRun | undefined {
    return this.lastRun;
  }

  /** Adds an item that is newer than all others. */
  append(segment: Segment, index: number): void {
    const last = this.lastRun;
    if (last !== undefined && last.segment === segment && last.end === index) last.end += 1;
    else this.link({ segment, first: index, end: index + 1, previous: undefined, next: undefined }, undefined);
    this.size += 1;
  }

  /** Removes that many of the oldest items, at most the first run. */
  removeOldest(count: number): void {
    const run = this.firstRun as QueuedRun;
    run.first += count;
    this.size -= count;
    if (run.first === run.end) this.unlink(run);
  }

  /** Removes the newest item. */
  removeNewest(): void {
    const run = this.lastRun as QueuedRun;
    run.end -= 1;
    this.size -= 1;
    if (run.first === run.end) this.unlink(run);
  }

  /** A run has lost that many items at its end. */
  shorten(run: EncodedRun, count: number): void {
    const queued = run as QueuedRun;
    queued.end -= count;
    this.size -= count;
    if (queued.first === queued.end) this.unlink(queued);
  }

  /** Appends the items of the next run to this one. */
  joinNext(run: EncodedRun): void {
    const { next } = run as QueuedRun;
    if (next === undefined) return;
    (run as QueuedRun).end += next.end - next.first;
    this.unlink(next);
  }

  /** The run before this one. */
  previousOf(run: EncodedRun): EncodedRun | undefined {
    return (run as QueuedRun).previous;
  }

  /**
   * Puts items back in their place. The search starts at the front, where items that were taken out belong, so it
   * passes only runs that were put back before. If this joins two runs, the later one remains, because it may end with
   * items that were never taken.
   */
  insert({ segment, first, end }: EncodedRun): void {
    let next = this.firstRun;
    while (next !== undefined && isBefore(next, segment, first)) next = next.next;
    const previous = next === undefined ? this.lastRun : next.previous;
    const before = previous?.segment === segment && previous.end === first ? previous : undefined;
    const after = next?.segment === segment && next.first === end ? next : undefined;
    if (before !== undefined && after !== undefined) {
      after.first = before.first;
      this.unlink(before);
    } else if (before !== undefined) before.end = end;
    else if (after !== undefined) after.first = first;
    else this.link({ segment, first, end, previous: undefined, next: undefined }, next);
    this.size += end - first;
  }

  private link(run: QueuedRun, next: QueuedRun | undefined): void {
    const previous = next === undefined ? this.lastRun : next.previous;
    run.previous = previous;
    run.next = next;
    if (previous === undefined) this.firstRun = run;
    else previous.next = run;
    if (next === undefined) this.lastRun = run;
    else next.previous = run;
  }

  private unlink(run: QueuedRun): void {
    const { previous, next } = run;
    if (previous === undefined) this.firstRun = next;
    else previous.next = next;
    if (next === undefined) this.lastRun = previous;
    else next.previous = previous;
  }
}

function isBefore(run: QueuedRun, segment: Segment, first: number): boolean {
  return run.segment.sequence < segment.sequence || (run.segment === segment && run.first < first);
}
