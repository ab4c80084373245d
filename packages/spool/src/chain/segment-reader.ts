import { READ_ONLY, readFully } from '../files/small-file.ts';
import { call, type Work } from '../files/work.ts';
import { HEAD_BYTES, headAt, isWhole, RECORD_MAGIC, type RecordHead } from '../format/record.ts';
import { decodeHeader, HEADER_BYTES, type SegmentHeader } from '../format/segment-header.ts';

/** How much of a file is in memory, unless a single record is larger. */
export const WINDOW_BYTES = 8 * 2 ** 20;

/** A record, or the head of one whose body is damaged or cut off. */
export type SegmentEntry =
  | { readonly kind: 'record'; readonly head: RecordHead; readonly body: Uint8Array }
  | { readonly kind: 'damaged'; readonly head: RecordHead };

/**
 * Reads the records of one file in order. Damaged bytes are skipped up to the next record. A head that is whole is
 * believed: nothing within its body is looked at, so the work is linear whatever the file contains.
 */
export class SegmentReader {
  #fd: number;
  readonly header: SegmentHeader | undefined;
  /** Bytes that belong to no record. */
  skippedBytes = 0;
  #salt: number | undefined;
  #position = HEADER_BYTES;
  #memory: Buffer = Buffer.alloc(0);
  /** Which part of the file is in memory. */
  #from = 0;
  #to = 0;

  private constructor(fd: number, header: SegmentHeader | undefined, salt: number | undefined) {
    this.#fd = fd;
    this.header = header;
    this.#salt = header?.salt ?? salt;
    // The records of a file without a header may begin anywhere.
    if (header === undefined) this.#position = 0;
  }

  /**
   * @param salt of the chain, if it is known, for a file whose header is damaged
   * @throws the error of `node:fs`
   */
  static *open(path: string, salt?: number): Work<SegmentReader> {
    const fd = yield* call('open', path, READ_ONLY, 0);
    try {
      const bytes = Buffer.alloc(HEADER_BYTES);
      const length = yield* readFully(fd, bytes, HEADER_BYTES, 0);
      return new SegmentReader(fd, decodeHeader(bytes.subarray(0, length)), salt);
    } catch (error) {
      yield* call('close', fd);
      throw error;
    }
  }

  /** Goes on in the same place of a copy. @throws the error of `node:fs` */
  *reopen(path: string): Work<void> {
    const fd = yield* call('open', path, READ_ONLY, 0);
    const before = this.#fd;
    this.#fd = fd;
    yield* call('close', before);
  }

  *close(): Work<void> {
    this.#memory = Buffer.alloc(0);
    yield* call('close', this.#fd);
  }

  *size(): Work<number> {
    return (yield* call('fstat', this.#fd)).size;
  }

  /** Whether {@link next} has the next record in memory. If not, it overwrites the bodies that it returned before. */
  get hasNextInMemory(): boolean {
    const head = this.#isInMemory(HEAD_BYTES) ? this.#head() : undefined;
    return head !== undefined && this.#isInMemory(HEAD_BYTES + head.bodyBytes);
  }

  /**
   * @param end of the file, or the part of it that may be read
   * @param headsOnly whether bodies are neither read nor checked. Then they are empty
   * @returns `undefined` at the end
   * @throws the error of `node:fs`
   */
  *next(end: number, headsOnly = false): Work<SegmentEntry | undefined> {
    for (;;) {
      if (!(yield* this.#cover(HEAD_BYTES, end))) {
        this.skippedBytes += Math.max(end - this.#position, 0);
        this.#position = Math.max(end, this.#position);
        return undefined;
      }
      const head = this.#head();
      if (head === undefined) {
        yield* this.#resynchronise(end);
        continue;
      }
      this.#salt = head.salt;
      const length = HEAD_BYTES + head.bodyBytes;
      if (this.#position + length > end) {
        this.#position = end;
        return { kind: 'damaged', head };
      }
      if (headsOnly) {
        this.#position += length;
        return { kind: 'record', head, body: Buffer.alloc(0) };
      }
      const isThere = yield* this.#cover(length, end);
      const start = this.#position - this.#from;
      this.#position += length;
      if (!isThere) return { kind: 'damaged', head };
      const body = this.#memory.subarray(start + HEAD_BYTES, start + length);
      return isWhole(head, body) ? { kind: 'record', head, body } : { kind: 'damaged', head };
    }
  }

  #head(): RecordHead | undefined {
    return headAt(this.#memory.subarray(0, this.#to - this.#from), this.#position - this.#from, this.#salt);
  }

  #isInMemory(length: number): boolean {
    return this.#position >= this.#from && this.#position + length <= this.#to;
  }

  /** Moves to the next place that looks like a head. */
  *#resynchronise(end: number): Work<void> {
    const from = this.#position;
    this.#position += 1;
    while (yield* this.#cover(HEAD_BYTES, end)) {
      const known = this.#memory.subarray(0, this.#to - this.#from);
      const found = known.indexOf(RECORD_MAGIC, this.#position - this.#from);
      // A magic may begin in the last bytes that are in memory.
      this.#position = found >= 0 ? this.#from + found : Math.max(this.#to - HEAD_BYTES + 1, this.#position + 1);
      if (found < 0) continue;
      if (!(yield* this.#cover(HEAD_BYTES, end))) break;
      if (this.#head() !== undefined) break;
      this.#position += 1;
    }
    this.skippedBytes += Math.min(this.#position, end) - from;
  }

  /** Brings the next bytes to memory. @returns whether the file has them */
  *#cover(length: number, end: number): Work<boolean> {
    if (this.#position + length > end) return false;
    if (this.#isInMemory(length)) return true;
    const wanted = Math.min(Math.max(length, WINDOW_BYTES), end - this.#position);
    if (this.#memory.length < wanted) this.#memory = Buffer.allocUnsafeSlow(wanted);
    const from = this.#position;
    this.#to = this.#from;
    const count = yield* readFully(this.#fd, this.#memory, wanted, from);
    this.#from = from;
    this.#to = from + count;
    return this.#isInMemory(length);
  }
}
