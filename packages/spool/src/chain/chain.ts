import type { StoredBy } from '@spillway/pipeline';
import { codeOf, isMissing, isPassing } from '../files/file-error.ts';
import { isGone, removeEmptyFolder, removeFile } from '../files/folder.ts';
import { ignoringFileErrors, type Work } from '../files/work.ts';
import type { ChainContents } from './chain-contents.ts';
import type { ChainEvents, Fate } from './chain-events.ts';
import { ChainReading } from './chain-reading.ts';
import { type HeldRecord, HeldRecords } from './held-records.ts';
import { SavedCursor } from './saved-cursor.ts';
import { cursorPath, type Segment } from './segment.ts';
import type { SegmentEntry } from './segment-reader.ts';

/**
 * The segments of one signal in one folder: a queue of items with consecutive numbers. A number that no record has is a
 * lost item, so damage is counted exactly.
 *
 *     settled      handed out       in files              in memory of the writer
 *     |------------|----------------|---------------------|----------|
 *                  cursor           next                             end
 */
export class Chain {
  readonly folder: string;
  readonly storedBy: StoredBy;
  readonly salt: number;
  readonly #events: ChainEvents;
  readonly #segments: Segment[];
  readonly #saved: SavedCursor;
  readonly #reading: ChainReading;
  /** What was handed out, and has not settled. */
  readonly held: HeldRecords;
  #next: number;
  #end: number;
  /** All segments up to this one have been read to their end. */
  #readNumber = 0;
  #isTaking = false;
  #isEnded = false;

  constructor(contents: ChainContents, events: ChainEvents) {
    this.folder = contents.folder;
    this.storedBy = contents.storedBy;
    this.salt = contents.salt;
    this.#segments = [...contents.segments];
    this.#next = contents.next;
    this.#end = contents.end;
    this.#saved = new SavedCursor(contents.folder, contents.salt, contents.sequence, contents.next);
    this.#reading = new ChainReading(contents.salt);
    this.#events = events;
    this.held = new HeldRecords(events);
  }

  /** Items that have not settled. */
  get items(): number {
    return this.#end - this.#next + this.held.items;
  }

  /** The number after the last item. */
  get end(): number {
    return this.#end;
  }

  /** The number of the first item that was not handed out. */
  get next(): number {
    return this.#next;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get oldestStoredAt(): number | undefined {
    return this.held.oldest?.storedAt ?? this.#segments.find(({ end }) => end > this.#next)?.createdAt;
  }

  /** The oldest file that can be given up. */
  get oldest(): Segment | undefined {
    return this.#segments.find(({ isOpen }) => !isOpen);
  }

  get hasFiles(): boolean {
    return this.#segments.length > 0;
  }

  /** Whether everything in it was handed out and has settled. */
  get isSettled(): boolean {
    return this.#next === this.#end && this.held.isEmpty;
  }

  /** Whether the cursor that was saved is behind. */
  get isUntidy(): boolean {
    return this.#saved.item !== this.#cursor;
  }

  /** Whether a file can be removed. */
  get hasSettledFiles(): boolean {
    return this.#isRemovable(this.#segments[0]);
  }

  /** All items below it have settled. */
  get #cursor(): number {
    return Math.min(this.#next, this.held.first);
  }

  /** Adds a new file at the end. */
  append(segment: Segment): void {
    this.#segments.push(segment);
  }

  /** Gives numbers to new items. */
  reserve(items: number): void {
    this.#end += items;
  }

  /** Takes the last numbers back. */
  takeBack(items: number): void {
    this.#end -= items;
  }

  /** Gives up the items from a number on, which are in no file. */
  cutEnd(from: number): void {
    const lost = this.#end - Math.max(from, this.#next);
    if (lost <= 0) return;
    this.#end -= lost;
    this.#events.onLost('spool_full', lost);
  }

  /** Whether {@link take} leaves the bodies of held records as they are. */
  get keepsBodies(): boolean {
    return this.held.isEmpty || this.#reading.hasNextInMemory;
  }

  /**
   * Hands out the next record from the files.
   * @returns `undefined` if all of them have been read
   * @throws an error of `node:fs` that may pass: try again later
   */
  *take(): Work<HeldRecord | undefined> {
    this.#isTaking = true;
    try {
      while (!this.#isEnded) {
        const segment = this.#segments.find(({ number }) => number > this.#readNumber);
        if (segment === undefined) return undefined;
        // The writer may add to it meanwhile.
        const { bytes, end } = segment;
        const entry = yield* this.#read(segment, bytes);
        if (entry === 'missing') return undefined;
        // It was given up while it was read, or another process may have it by now.
        if (entry === 'gone' || this.#isEnded || !this.#segments.includes(segment)) continue;
        if (entry === undefined) {
          this.#pass(end, 'spool_corrupt');
          if (segment.isOpen || segment.bytes > bytes) return undefined;
          this.#readNumber = segment.number;
          yield* this.#reading.stop();
          continue;
        }
        const { head } = entry;
        const after = head.first + head.items;
        // Written twice, superseded, or settled already.
        if (after <= this.#next) continue;
        this.#pass(head.first, 'spool_corrupt');
        if (entry.kind === 'damaged') this.#pass(after, 'spool_corrupt');
        else {
          // A record may not have items beyond the end, unless the end of a damaged chain was guessed too low.
          this.#end = Math.max(this.#end, after);
          this.#next = after;
          const { first, items, storedAt } = head;
          return this.held.add({ first, items, storedAt, body: entry.body, where: 'in a file' });
        }
      }
      yield* this.#reading.stop();
      return undefined;
    } finally {
      this.#isTaking = false;
    }
  }

  /** Hands out nothing any more, whatever {@link take} is doing. */
  endTaking(): void {
    this.#isEnded = true;
  }

  /** Hands out a record that is not in a file yet. It must be the next one. */
  hold(record: Omit<HeldRecord, 'left'>): HeldRecord {
    this.#pass(record.first, 'spool_corrupt');
    this.#next = record.first + record.items;
    return this.held.add(record);
  }

  /** Gives up everything before an item that was not handed out. */
  supersede(first: number): void {
    this.#pass(first, 'superseded');
  }

  /**
   * Lets go of files that are not there any more. The one that is written to is left to its writer, unless another process
   * has it.
   * @returns whether there were any
   */
  *dropMissing(): Work<boolean> {
    const fate = this.#events.fateOfMissing();
    let found = false;
    for (const segment of [...this.#segments]) {
      if ((segment.isOpen && fate !== 'taken over') || !(yield* isGone(segment.path))) continue;
      if (!this.#segments.includes(segment)) continue;
      // A gap in the middle is counted when the file after it is read.
      this.#drop(segment, segment.first > this.#next ? this.#next : segment.end, fate);
      found = true;
    }
    return found;
  }

  /** Whether nothing of a file is needed any more. */
  hasSettled({ end }: Segment): boolean {
    return end <= this.#cursor;
  }

  /** There is a copy in the place of a file that was removed. */
  onReplaced(segment: Segment): void {
    this.#reading.onReplaced(segment);
  }

  /** Gives up the oldest file that is not open. @returns the bytes that are free now */
  *giveUpOldest(): Work<number> {
    const { oldest } = this;
    if (oldest === undefined) return 0;
    this.#drop(oldest, oldest.end, 'spool_full');
    if (this.#reading.isIn(oldest) && !this.#isTaking) yield* this.#reading.stop();
    // If nothing at all can be written, the file must go nevertheless.
    yield* ignoringFileErrors(this.#saved.save(this.#cursor, false));
    yield* removeFile(oldest.path);
    return oldest.bytes;
  }

  /** Saves how far the chain has settled, and removes the files before that. */
  *tidy(isSynced: boolean): Work<void> {
    if (!this.hasFiles) this.#saved.skipTo(this.#cursor);
    if (this.isUntidy) yield* this.#saved.save(this.#cursor, isSynced);
    for (let [front] = this.#segments; this.#isRemovable(front); [front] = this.#segments) {
      this.#segments.shift();
      if (this.#reading.isIn(front) && !this.#isTaking) yield* this.#reading.stop();
      yield* removeFile(front.path);
    }
  }

  /** Lets go of the file that is read. What is in no file is not sent any more. */
  *close(): Work<void> {
    this.held.end();
    if (!this.#isTaking) yield* this.#reading.stop();
  }

  /** Removes the folder, if everything in it has settled. */
  *remove(): Work<void> {
    yield* this.close();
    yield* removeFile(cursorPath(this.folder));
    yield* removeEmptyFolder(this.folder);
  }

  #isRemovable(front: Segment | undefined): front is Segment {
    return front !== undefined && !front.isOpen && this.hasSettled(front);
  }

  *#read(segment: Segment, bytes: number): Work<SegmentEntry | 'gone' | 'missing' | undefined> {
    try {
      return yield* this.#reading.next(segment, bytes);
    } catch (error) {
      if (codeOf(error) === undefined || isPassing(error)) throw error;
      yield* this.#reading.stop();
      if (this.#isEnded || !this.#segments.includes(segment)) return 'gone';
      const fate = isMissing(error) ? this.#events.fateOfMissing() : 'spool_corrupt';
      if (segment.isOpen && isMissing(error) && fate !== 'taken over') {
        this.#events.onCurrentMissing();
        return 'missing';
      }
      this.#drop(segment, segment.end, fate);
      yield* this.#events.onUnreadable(segment, error);
      return 'gone';
    }
  }

  /** A writer that finds its file closed writes its last records again, to the next one. */
  #drop(segment: Segment, end: number, fate: Fate): void {
    segment.isOpen = false;
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    const held = this.held.onGone(segment, fate === 'taken over' ? 'elsewhere' : 'in memory');
    const passed = this.#pass(end, fate);
    if (fate === 'taken over') this.#events.onFilesTakenOver(held + passed);
  }

  /** Moves on. What lies between is not sent by this process. @returns how many items that are */
  #pass(item: number, fate: Fate): number {
    const passed = item - this.#next;
    if (passed <= 0) return 0;
    this.#next = item;
    this.#end = Math.max(this.#end, item);
    if (fate === 'taken over') this.#events.onTakenOver(passed);
    else this.#events.onLost(fate, passed);
    return passed;
  }
}
