import { ignoringFileErrors, type Work } from '../files/work.ts';
import type { Segment } from './segment.ts';
import { type SegmentEntry, SegmentReader } from './segment-reader.ts';

/** Where a chain is being read: at most one of its files is open for that. */
export class ChainReading {
  readonly #salt: number;
  #current: { readonly segment: Segment; readonly reader: SegmentReader; isReplaced: boolean } | undefined;

  constructor(salt: number) {
    this.#salt = salt;
  }

  /** Whether {@link next} has the next record of this file in memory. */
  get hasNextInMemory(): boolean {
    return this.#current?.reader.hasNextInMemory === true;
  }

  isIn(segment: Segment): boolean {
    return this.#current?.segment === segment;
  }

  /**
   * Reads the next record of a file, from its beginning if another one was read before.
   * @param bytes of the file that may be read
   * @returns `undefined` at the end
   * @throws the error of `node:fs`
   */
  *next(segment: Segment, bytes: number): Work<SegmentEntry | undefined> {
    if (this.#current?.segment !== segment) {
      yield* this.stop();
      this.#current = { segment, reader: yield* SegmentReader.open(segment.path, this.#salt), isReplaced: false };
    } else if (this.#current.isReplaced) {
      yield* this.#current.reader.reopen(segment.path);
      this.#current.isReplaced = false;
    }
    return yield* this.#current.reader.next(bytes);
  }

  /** There is a copy in the place of a file, and the file itself does not grow any more. */
  onReplaced(segment: Segment): void {
    if (this.#current?.segment === segment) this.#current.isReplaced = true;
  }

  /** Lets go of the file. */
  *stop(): Work<void> {
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) yield* ignoringFileErrors(current.reader.close());
  }
}
