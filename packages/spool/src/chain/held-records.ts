import type { SpoolLossReason } from '@spillway/pipeline';
import type { RecordHead } from '../format/record.ts';
import type { Segment } from './segment.ts';

/** A record that was handed out, and that has not settled. */
export interface HeldRecord extends Pick<RecordHead, 'first' | 'items' | 'storedAt'> {
  /** Overwritten when nothing of this chain is held any more. */
  readonly body: Uint8Array;
  /** If not, it is only in memory, because no file takes it, or because its file was given up meanwhile. */
  isInFile: boolean;
}

/** The records of a chain that were handed out, and that have not settled. */
export class HeldRecords {
  readonly #onLost: (reason: SpoolLossReason, items: number) => void;
  readonly #held = new Set<HeldRecord>();
  /** Those of them that nobody sends any more, and their items that have not settled. */
  readonly #putBack = new Map<HeldRecord, number>();

  constructor(onLost: (reason: SpoolLossReason, items: number) => void) {
    this.#onLost = onLost;
  }

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  get items(): number {
    let items = 0;
    for (const record of this.#held) items += record.items;
    return items;
  }

  /** The record that was handed out first. */
  get oldest(): HeldRecord | undefined {
    const [oldest] = this.#held;
    return oldest;
  }

  /** The lowest number of their items; `Infinity` if there are none. */
  get first(): number {
    let lowest = Infinity;
    for (const { first } of this.#held) lowest = Math.min(lowest, first);
    return lowest;
  }

  add(record: HeldRecord): HeldRecord {
    this.#held.add(record);
    return record;
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

  /** Gives up a record, or those of its items that have not settled. */
  lose(record: HeldRecord, reason: SpoolLossReason, items = record.items): void {
    if (this.#held.delete(record)) this.#onLost(reason, items);
  }

  /** Loses the records that were in a file, and that nobody sends any more. */
  losePutBack(reason: SpoolLossReason): void {
    for (const [record, items] of this.#putBack) {
      if (record.isInFile) continue;
      this.#putBack.delete(record);
      this.lose(record, reason, items);
    }
  }

  /** A file was given up: its records are only in memory now. */
  onDropped(segment: Segment): void {
    for (const record of this.#held)
      if (record.first >= segment.first && record.first < segment.end) record.isInFile = false;
  }

  /** Another process has the files now: what is in them is not lost if this one does not send it. */
  onTakenOver(): void {
    for (const record of this.#held) record.isInFile = true;
  }
}
