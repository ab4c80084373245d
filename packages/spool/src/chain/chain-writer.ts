import { constants } from 'node:fs';
import type { Signal } from '@spillway/config';
import type { RequestToStore } from '@spillway/pipeline';
import { wallTime } from '@spillway/backpressure';
import { syncFolder } from '../files/folder.ts';
import { FILE_MODE, writeFully } from '../files/small-file.ts';
import { AbandonedError, call, ignoringFileErrors, type Work } from '../files/work.ts';
import { encodeRecord, HEAD_BYTES } from '../format/record.ts';
import { encodeHeader, HEADER_BYTES } from '../format/segment-header.ts';
import type { SyncMode } from '../spool-options.ts';
import type { Chain } from './chain.ts';
import type { HeldRecord } from './held-records.ts';
import { type Segment, segmentPath } from './segment.ts';

const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** A record that is not in a file yet. */
interface PendingRecord {
  readonly first: number;
  readonly items: number;
  readonly storedAt: number;
  /** Head and body. */
  readonly bytes: Buffer;
}

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
  /** Closes the current file if it may be gone: see {@link Segment.isOpen}. */
  readonly check: () => Work<void>;
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
  readonly #pending: PendingRecord[] = [];
  #pendingBytes = 0;
  /** How many of them are being written. */
  #writing = 0;
  #file: OpenFile | undefined;
  #number = 0;

  constructor(chain: Chain, options: ChainWriterOptions) {
    this.#chain = chain;
    this.#options = options;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  /** Whether something was written that is not synced yet. */
  get isDirty(): boolean {
    return this.#file?.isDirty === true;
  }

  /** The number after the last item that is in a file. */
  get written(): number {
    return this.#pending[0]?.first ?? this.#chain.end;
  }

  /** Copies a request. It is in memory until {@link write}. @throws if it is none */
  add({ items, body, supersedes = false }: RequestToStore): void {
    const { salt, end: first } = this.#chain;
    const storedAt = wallTime();
    const bytes = encodeRecord({ signal: this.#options.signal, items, first, supersedes, storedAt, salt }, body);
    this.#chain.reserve(items);
    if (supersedes) this.#supersede(first);
    this.#pending.push({ first, items, storedAt, bytes });
    this.#pendingBytes += bytes.length;
  }

  /** Takes the record back that was added last, if it is not in a file. */
  removeLast(): void {
    const last = this.#pending[this.#pending.length - 1];
    if (last === undefined) return;
    this.#forget(this.#pending.length - 1, 1);
    this.#chain.takeBack(last.items);
  }

  /** Gives up all records that are in memory. */
  discard(): void {
    this.#chain.cutEnd(this.written);
    this.#forget(0, this.#pending.length);
  }

  /**
   * The next record, from memory. Only if nothing is being written and all files have been read: for records that no file
   * takes.
   */
  takeFromMemory(): HeldRecord | undefined {
    if (this.#writing > 0) return undefined;
    // A record may have been superseded while a write of it failed.
    while (this.#pending[0] !== undefined && this.#pending[0].first < this.#chain.next) this.#forget(0, 1);
    const [record] = this.#pending;
    if (record === undefined || record.first > this.#chain.next) return undefined;
    this.#forget(0, 1);
    const { first, items, storedAt, bytes } = record;
    return this.#chain.hold({ first, items, storedAt, body: bytes.subarray(HEAD_BYTES), where: 'in memory' });
  }

  /**
   * Writes everything that is pending.
   * @param isSynced whether it must be on the disk afterwards
   * @throws the error of `node:fs`, or a SpoolFullError. What was not written is still pending
   */
  *write(isSynced: boolean): Work<void> {
    for (let [next] = this.#pending; next !== undefined; [next] = this.#pending) {
      yield* this.#options.check();
      const file = yield* this.#fileFor(next);
      const { segment } = file;
      const run = this.#runFor(segment);
      this.#writing = run.length;
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
      this.#writing = 0;
      // A file that could not be read has been given up, and so were the records in it.
      if (!segment.isOpen) continue;
      const last = run[run.length - 1] ?? next;
      segment.bytes += run.reduce((sum, { bytes }) => sum + bytes.length, 0);
      segment.end = last.first + last.items;
      file.isDirty = true;
      this.#forget(0, run.length);
      if (isSynced) yield* this.#sync(file);
    }
  }

  /** Makes everything that was written durable. */
  *sync(): Work<void> {
    if (this.#file !== undefined) yield* this.#sync(this.#file);
  }

  /** Ends the current file. */
  *finish(): Work<void> {
    if (this.#file !== undefined) yield* this.#finish(this.#file);
  }

  /**
   * For a process that ends, if a work is writing: that work will be abandoned, wherever it is. What it may or may not have
   * written is written again, to a new file; readers skip what they have read before. The abandoned work closes its file.
   */
  takeOver(): void {
    this.#writing = 0;
    if (this.#file !== undefined) this.#file.segment.isOpen = false;
    this.#file = undefined;
  }

  #supersede(first: number): void {
    const kept = this.#writing;
    this.#forget(kept, this.#pending.length - kept);
    this.#chain.supersede(first);
  }

  #forget(index: number, count: number): void {
    for (const { bytes } of this.#pending.splice(index, count)) this.#pendingBytes -= bytes.length;
  }

  *#fileFor(record: PendingRecord): Work<OpenFile> {
    const { segmentBytes, sync, makeFolder, makeRoom } = this.#options;
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
    const fd = yield* call('open', path, O_RDWR | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), FILE_MODE);
    try {
      yield* writeFully(fd, [encodeHeader({ salt, first: record.first, createdAt })], 0);
      if (sync !== 'never') yield* syncFolder(folder);
    } catch (error) {
      yield* ignoringFileErrors(call('close', fd));
      yield* ignoringFileErrors(call('unlink', path));
      throw error;
    }
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

  /** As many records as fit into the file. The first one always does. */
  #runFor(segment: Segment): readonly PendingRecord[] {
    let bytes = segment.bytes;
    let count = 0;
    for (const record of this.#pending) {
      bytes += record.bytes.length;
      if (count > 0 && bytes > this.#options.segmentBytes) break;
      count += 1;
    }
    return this.#pending.slice(0, count);
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
    if (isOwn) this.#writing = 0;
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
