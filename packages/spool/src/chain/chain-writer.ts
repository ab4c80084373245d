import { constants } from 'node:fs';
import type { Signal } from '@spillway/config';
import type { RequestToStore } from '@spillway/pipeline';
import { wallTime } from '@spillway/backpressure';
import { isGone, syncFolder } from '../files/folder.ts';
import { copyStart, FILE_MODE, writeFully } from '../files/small-file.ts';
import { AbandonedError, call, ignoringFileErrors, type Work } from '../files/work.ts';
import { encodeRecord, HEAD_BYTES } from '../format/record.ts';
import { encodeHeader, HEADER_BYTES } from '../format/segment-header.ts';
import type { SyncMode } from '../spool-options.ts';
import type { Chain } from './chain.ts';
import type { HeldRecord } from './held-records.ts';
import { type PendingRecord, PendingRecords } from './pending-records.ts';
import { type Segment, segmentPath } from './segment.ts';

const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

interface OpenFile {
  readonly fd: number;
  readonly segment: Segment;
  isDirty: boolean;
}

export interface ChainWriterOptions {
  readonly signal: Signal;
  readonly sync: SyncMode;
  readonly segmentBytes: number;
  /** Makes the folder of the chain, if it is not there. */
  readonly makeFolder: () => Work<void>;
  /** Closes the current file if another process may have it: see {@link Segment.isOpen}. */
  readonly check: () => Work<void>;
  /** Somebody has removed the current file, and perhaps others. */
  readonly onRemoved: () => Work<void>;
  /** Gives up old files until there is room for a new one. @throws SpoolFullError if there is none */
  readonly makeRoom: (bytes: number) => Work<void>;
}

/**
 * Writes new records to the end of a chain. Records wait in memory, and one write takes all that fit into the current file.
 * Only one work at a time may write, but see {@link takeOver}.
 */
export class ChainWriter {
  readonly #chain: Chain;
  readonly #options: ChainWriterOptions;
  readonly #pending = new PendingRecords();
  #file: OpenFile | undefined;
  #number = 0;

  constructor(chain: Chain, options: ChainWriterOptions) {
    this.#chain = chain;
    this.#options = options;
  }

  get pendingBytes(): number {
    return this.#pending.bytes;
  }

  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Whether something was written that is not synced yet. */
  get isDirty(): boolean {
    return this.#file?.isDirty === true;
  }

  /** The number after the last item. */
  get end(): number {
    return this.#chain.end;
  }

  /** The number after the last item that is in a file. */
  get written(): number {
    return this.#pending.first?.first ?? this.#chain.end;
  }

  /** Copies a request. It is in memory until {@link write}. @throws if it is none */
  add({ items, body, supersedes = false }: RequestToStore): void {
    const { salt, end: first } = this.#chain;
    const storedAt = wallTime();
    const bytes = encodeRecord({ signal: this.#options.signal, items, first, supersedes, storedAt, salt }, body);
    this.#chain.reserve(items);
    if (supersedes) {
      this.#pending.removeUnwritten();
      this.#chain.supersede(first);
    }
    this.#pending.add({ first, items, storedAt, bytes });
  }

  /** Takes the record back that was added last, if it is not in a file. */
  removeLast(): void {
    this.#chain.takeBack(this.#pending.removeLast()?.items ?? 0);
  }

  /** Gives up all records that are in memory. */
  discard(): void {
    this.#chain.cutEnd(this.written);
    this.#pending.removeFirst(this.#pending.size);
  }

  /**
   * The next record, from memory. Only if nothing is being written and all files have been read: for records that no file
   * takes.
   */
  takeFromMemory(): HeldRecord | undefined {
    const pending = this.#pending;
    if (pending.writing > 0) return undefined;
    // A record may have been superseded while a write of it failed.
    while (pending.first !== undefined && pending.first.first < this.#chain.next) pending.removeFirst(1);
    const record = pending.first;
    if (record === undefined || record.first > this.#chain.next) return undefined;
    pending.removeFirst(1);
    const { first, items, storedAt, bytes } = record;
    return this.#chain.hold({ first, items, storedAt, body: bytes.subarray(HEAD_BYTES), where: 'in memory' });
  }

  /**
   * Writes the oldest pending records, as many as fit into the current file.
   * @param isSynced whether they must be on the disk afterwards
   * @throws the error of `node:fs`, or a SpoolFullError. What was not written is still pending
   */
  *write(isSynced: boolean): Work<void> {
    yield* this.#options.check();
    yield* this.rescue();
    const next = this.#pending.first;
    if (next === undefined) return;
    const file = yield* this.#fileFor(next);
    const { segment } = file;
    const run = this.#pending.upTo(this.#options.segmentBytes - segment.bytes);
    this.#pending.writing = run.length;
    try {
      yield* writeFully(
        file.fd,
        run.map(({ bytes }) => bytes),
        segment.bytes,
      );
    } catch (error) {
      yield* this.#undo(file, error);
      throw error;
    }
    this.#pending.writing = 0;
    // A file that could not be read has been given up, and so were the records in it.
    if (!segment.isOpen) return;
    const last = run[run.length - 1] ?? next;
    segment.bytes += run.reduce((sum, { bytes }) => sum + bytes.length, 0);
    segment.end = last.first + last.items;
    file.isDirty = true;
    this.#pending.removeFirst(run.length);
    if (isSynced) yield* this.#sync(file);
  }

  /** {@link write}, until nothing is pending any more. */
  *writeAll(isSynced: boolean): Work<void> {
    while (this.hasPending) yield* this.write(isSynced);
  }

  /** Makes everything that was written durable. */
  *sync(): Work<void> {
    if (this.#file !== undefined) yield* this.#sync(this.#file);
  }

  /** Ends the current file. */
  *finish(): Work<void> {
    const file = this.#file;
    if (file === undefined) return;
    try {
      yield* this.rescue();
      if (this.#file !== undefined) yield* this.#finish(this.#file);
    } catch (error) {
      if (this.#file === file) yield* this.#leave(file);
      yield* this.#chain.dropMissing();
      throw error;
    }
  }

  get hasFile(): boolean {
    return this.#file !== undefined;
  }

  /**
   * Writes the current file again if somebody has removed it: what is in it can still be read here.
   * @throws the error of `node:fs`. Then it can be tried again
   */
  *rescue(): Work<void> {
    const file = this.#file;
    if (file === undefined || !file.segment.isOpen || !(yield* isRemoved(file))) return;
    if (this.#chain.hasSettled(file.segment)) yield* this.#leave(file);
    yield* this.#options.onRemoved();
    if (!file.segment.isOpen) return;
    yield* this.#options.makeFolder();
    const fd = yield* this.#newFile(file.segment.path, (copy) => copyStart(file.fd, copy, file.segment.bytes));
    this.#chain.onReplaced(file.segment);
    this.#file = { fd, segment: file.segment, isDirty: true };
    yield* ignoringFileErrors(call('close', file.fd));
  }

  /**
   * For a process that ends, if a work is writing: that work will be abandoned, wherever it is. What it may or may not have
   * written is written again, to a new file; readers skip what they have read before. The abandoned work closes its file.
   */
  takeOver(): void {
    this.#pending.writing = 0;
    if (this.#file !== undefined) this.#file.segment.isOpen = false;
    this.#file = undefined;
  }

  *#fileFor(record: PendingRecord): Work<OpenFile> {
    const { segmentBytes, makeFolder, makeRoom } = this.#options;
    const file = this.#file;
    if (file !== undefined) {
      const { isOpen, bytes } = file.segment;
      if (isOpen && bytes + record.bytes.length <= segmentBytes) return file;
      yield* isOpen ? this.#finish(file) : this.#leave(file);
    }
    yield* makeRoom(Math.max(segmentBytes, HEADER_BYTES + record.bytes.length));
    yield* makeFolder();
    this.#number += 1;
    const number = this.#number;
    const { folder, salt } = this.#chain;
    const path = segmentPath(folder, number);
    const createdAt = wallTime();
    const header = encodeHeader({ salt, first: record.first, createdAt });
    const fd = yield* this.#newFile(path, (opened) => writeFully(opened, [header], 0));
    const segment: Segment = {
      number,
      path,
      first: record.first,
      end: record.first,
      bytes: HEADER_BYTES,
      createdAt,
      isOpen: true,
    };
    this.#chain.append(segment);
    this.#file = { fd, segment, isDirty: true };
    return this.#file;
  }

  /** @param fill writes what the file begins with */
  *#newFile(path: string, fill: (fd: number) => Work<void>): Work<number> {
    const fd = yield* call('open', path, O_RDWR | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), FILE_MODE);
    try {
      yield* fill(fd);
      if (this.#options.sync !== 'never') yield* syncFolder(this.#chain.folder);
      return fd;
    } catch (error) {
      yield* ignoringFileErrors(call('close', fd));
      yield* ignoringFileErrors(call('unlink', path));
      throw error;
    }
  }

  *#sync(file: OpenFile): Work<void> {
    if (!file.isDirty) return;
    file.isDirty = false;
    try {
      yield* call('fdatasync', file.fd);
    } catch (error) {
      // Linux forgets the pages that it could not write. A later sync of this file would claim success.
      yield* this.#leave(file);
      throw error;
    }
  }

  *#finish(file: OpenFile): Work<void> {
    if (this.#options.sync !== 'never') yield* this.#sync(file);
    yield* this.#leave(file);
  }

  /** After a write that has failed: what it has written is no record that counts. */
  *#undo(file: OpenFile, reason: unknown): Work<void> {
    const isOwn = !(reason instanceof AbandonedError);
    if (isOwn) this.#pending.writing = 0;
    try {
      if (isOwn) yield* call('ftruncate', file.fd, file.segment.bytes);
      else yield* this.#leave(file);
    } catch {
      // A reader finds the whole ones among them, and then once more in the next file.
      yield* this.#leave(file);
    }
  }

  *#leave(file: OpenFile): Work<void> {
    if (this.#file === file) this.#file = undefined;
    file.segment.isOpen = false;
    yield* ignoringFileErrors(call('close', file.fd));
  }
}

/** Asked before each write, so it is only one operation. Some file systems count no links, so the path is looked at, too. */
function* isRemoved({ fd, segment }: OpenFile): Work<boolean> {
  return (yield* call('fstat', fd)).nlink === 0 && (yield* isGone(segment.path));
}
