import type { SpoolLossReason, StoredBy } from '@spillway/pipeline';
import { codeOf, isPassing } from '../files/file-error.ts';
import { removeEmptyFolder, removeFile } from '../files/folder.ts';
import { writeAt } from '../files/small-file.ts';
import { ignoringFileErrors, type Work } from '../files/work.ts';
import { encodeCursor, positionOf } from '../format/cursor.ts';
import type { RecordHead } from '../format/record.ts';
import { cursorPath, type Segment } from './segment.ts';
import { type SegmentEntry, SegmentReader } from './segment-reader.ts';

/** A record that was handed out, and that has not settled. */
export interface HeldRecord extends Pick<RecordHead, 'first' | 'items' | 'storedAt'> {
  /** Overwritten when nothing of this chain is held any more. */
  readonly body: Uint8Array;
  /** If not, it is only in memory, because no file takes it, or because its file was given up meanwhile. */
  isInFile: boolean;
}

export interface ChainEvents {
  onLost(reason: SpoolLossReason, items: number): void;
  /** Why the items of a file are lost that could not be read; `undefined` if another process has them now. */
  reasonOf(error: unknown): SpoolLossReason | undefined;
  /** A file could not be read. It is not used any more, and still there unless it is missing. */
  onUnreadable(segment: Segment, error: unknown): Work<void>;
}

export interface ChainContents {
  readonly folder: string;
  readonly storedBy: StoredBy;
  readonly salt: number;
  /** Oldest first. */
  readonly segments: readonly Segment[];
  /** The number of the first item that has not settled. */
  readonly next: number;
  /** The number after the last item. */
  readonly end: number;
  /** Of the cursor that was saved last. */
  readonly sequence: number;
}

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
  readonly #held = new Set<HeldRecord>();
  /** Those of them that nobody sends any more, and their items that have not settled. */
  readonly #putBack = new Map<HeldRecord, number>();
  #next: number;
  #end: number;
  #sequence: number;
  #saved: number;
  #reading: { readonly segment: Segment; readonly reader: SegmentReader } | undefined;
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
    this.#sequence = contents.sequence;
    this.#saved = contents.next;
    this.#events = events;
  }

  /** Items that have not settled. */
  get items(): number {
    let items = this.#end - this.#next;
    for (const record of this.#held) items += record.items;
    return items;
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
    const [held] = this.#held;
    return held?.storedAt ?? this.#segments.find(({ end }) => end > this.#next)?.createdAt;
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
    return this.#next === this.#end && this.#held.size === 0;
  }

  /** Whether the cursor that was saved is behind. */
  get isUntidy(): boolean {
    return this.#saved !== this.#cursor;
  }

  /** Whether a file can be removed. */
  get hasSettledFiles(): boolean {
    return this.#isRemovable(this.#segments[0]);
  }

  /** All items below it have settled. */
  get #cursor(): number {
    let cursor = this.#next;
    for (const { first } of this.#held) cursor = Math.min(cursor, first);
    return cursor;
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
    return this.#held.size === 0 || this.#reading?.reader.hasNextInMemory === true;
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
        // It was given up while it was read, or another process may have it by now.
        if (entry === 'gone' || this.#isEnded || !this.#segments.includes(segment)) continue;
        if (entry === undefined) {
          this.#pass(end, 'spool_corrupt');
          if (segment.isOpen || segment.bytes > bytes) return undefined;
          this.#readNumber = segment.number;
          yield* this.#stopReading();
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
          return this.#hold({ first, items, storedAt, body: entry.body, isInFile: true });
        }
      }
      yield* this.#stopReading();
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
  hold(record: HeldRecord): HeldRecord {
    this.#pass(record.first, 'spool_corrupt');
    this.#next = record.first + record.items;
    return this.#hold(record);
  }

  /** The items of a record were delivered, or have failed for good. */
  settle(record: HeldRecord): void {
    this.#held.delete(record);
  }

  /**
   * The place is closed before a record has settled. What is in a file stays for the next process.
   * @param items of the record that have not settled
   */
  putBack(record: HeldRecord, items: number): void {
    if (record.isInFile) this.#putBack.set(record, items);
    else this.lose(record, 'spool_full', items);
  }

  /** Gives up a record that was handed out, or those of its items that have not settled. */
  lose(record: HeldRecord, reason: SpoolLossReason, items = record.items): void {
    if (this.#held.delete(record)) this.#events.onLost(reason, items);
  }

  /** Gives up everything before an item that was not handed out. */
  supersede(first: number): void {
    this.#pass(first, 'superseded');
  }

  /**
   * Lets go of all files, because they are gone.
   * @param end the number after the last item in them
   * @param reason for which their items are lost; none if another process has them now
   */
  dropFiles(end: number, reason?: SpoolLossReason): void {
    for (const segment of [...this.#segments]) this.#drop(segment);
    if (reason === undefined) for (const record of this.#held) record.isInFile = true;
    this.#pass(end, reason);
  }

  /** Gives up the oldest file that is not open. @returns the bytes that are free now */
  *giveUpOldest(): Work<number> {
    const { oldest } = this;
    if (oldest === undefined) return 0;
    this.#drop(oldest);
    this.#losePutBack('spool_full');
    this.#pass(oldest.end, 'spool_full');
    if (this.#reading?.segment === oldest && !this.#isTaking) yield* this.#stopReading();
    // If nothing at all can be written, the file must go nevertheless.
    yield* ignoringFileErrors(this.saveCursor(false));
    yield* removeFile(oldest.path);
    return oldest.bytes;
  }

  /** Saves how far the chain has settled, and removes the files before that. */
  *tidy(isSynced: boolean): Work<void> {
    if (!this.hasFiles) this.#saved = this.#cursor;
    if (this.#saved !== this.#cursor) yield* this.saveCursor(isSynced);
    for (let [front] = this.#segments; this.#isRemovable(front); [front] = this.#segments) {
      this.#segments.shift();
      if (this.#reading?.segment === front && !this.#isTaking) yield* this.#stopReading();
      yield* removeFile(front.path);
    }
  }

  /** Two saves at the same time write two slots. */
  *saveCursor(isSynced: boolean): Work<void> {
    const cursor = this.#cursor;
    this.#sequence += 1;
    const slot = { sequence: this.#sequence, item: cursor, salt: this.salt };
    yield* writeAt(cursorPath(this.folder), encodeCursor(slot), positionOf(slot), isSynced);
    this.#saved = Math.max(this.#saved, cursor);
  }

  /** Lets go of the file that is read. */
  *close(): Work<void> {
    if (!this.#isTaking) yield* this.#stopReading();
  }

  /** Removes the folder, if everything in it has settled. */
  *remove(): Work<void> {
    yield* this.close();
    yield* removeFile(cursorPath(this.folder));
    yield* removeEmptyFolder(this.folder);
  }

  #isRemovable(front: Segment | undefined): front is Segment {
    return front !== undefined && !front.isOpen && front.end <= this.#cursor;
  }

  *#read(segment: Segment, bytes: number): Work<SegmentEntry | 'gone' | undefined> {
    try {
      if (this.#reading?.segment !== segment) {
        yield* this.#stopReading();
        this.#reading = { segment, reader: yield* SegmentReader.open(segment.path, this.salt) };
      }
      return yield* this.#reading.reader.next(bytes);
    } catch (error) {
      if (codeOf(error) === undefined || isPassing(error)) throw error;
      yield* this.#stopReading();
      if (this.#isEnded || !this.#segments.includes(segment)) return 'gone';
      this.#drop(segment);
      this.#pass(segment.end, this.#events.reasonOf(error));
      yield* this.#events.onUnreadable(segment, error);
      return 'gone';
    }
  }

  /** A writer that finds its file closed writes its last records again, to the next one. */
  #drop(segment: Segment): void {
    segment.isOpen = false;
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    for (const record of this.#held)
      if (record.first >= segment.first && record.first < segment.end) record.isInFile = false;
  }

  /** Loses the records that were in a file, and that nobody sends any more. */
  #losePutBack(reason: SpoolLossReason): void {
    for (const [record, items] of this.#putBack) {
      if (record.isInFile) continue;
      this.#putBack.delete(record);
      this.lose(record, reason, items);
    }
  }

  *#stopReading(): Work<void> {
    const reading = this.#reading;
    this.#reading = undefined;
    if (reading !== undefined) yield* ignoringFileErrors(reading.reader.close());
  }

  #hold(record: HeldRecord): HeldRecord {
    this.#held.add(record);
    return record;
  }

  /** Moves on. What lies between is lost, with a reason if it counts. */
  #pass(item: number, reason: SpoolLossReason | undefined): void {
    const lost = item - this.#next;
    if (lost <= 0) return;
    this.#next = item;
    this.#end = Math.max(this.#end, item);
    if (reason !== undefined) this.#events.onLost(reason, lost);
  }
}
