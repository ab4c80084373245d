import type { SpoolLossReason } from '@spillway/pipeline';
import type { RecordHead } from '../format/record.ts';
import type { HeldEvents } from './chain-events.ts';
import type { Segment } from './segment.ts';

/**
 * - `in a file`, so it stays for the next process if this one does not send it
 * - `in memory`: no file takes it, or its file was given up
 * - `elsewhere`: another process has taken over its file, and sends it
 */
type Whereabouts = 'in a file' | 'in memory' | 'elsewhere';

/** A record that was handed out, and that has not settled. */
export interface HeldRecord extends Pick<RecordHead, 'first' | 'items' | 'storedAt'> {
  /** Overwritten when nothing of this chain is held any more. */
  readonly body: Uint8Array;
  /** Its items that have not settled. */
  left: number;
  where: Whereabouts;
}

/** The records of a chain that were handed out, and that have not settled. */
export class HeldRecords {
  readonly #events: HeldEvents;
  readonly #held = new Set<HeldRecord>();
  /** Those of them that nobody sends any more. */
  readonly #putBack = new Set<HeldRecord>();

  constructor(events: HeldEvents) {
    this.#events = events;
  }

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** Whether none of them would be lost with this process. */
  get areInFiles(): boolean {
    for (const { where } of this.#held) if (where === 'in memory') return false;
    return true;
  }

  /** Items that have not settled. */
  get items(): number {
    let items = 0;
    for (const { left } of this.#held) items += left;
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

  add(record: Omit<HeldRecord, 'left'>): HeldRecord {
    const held = { ...record, left: record.items };
    this.#held.add(held);
    return held;
  }

  /** The items of a record were delivered, or have failed for good. */
  settle(record: HeldRecord): void {
    this.#held.delete(record);
  }

  /** The place is closed before a record has settled. What is in a file stays for the next process. */
  putBack(record: HeldRecord): void {
    if (record.where === 'in a file') this.#putBack.add(record);
    else this.#leave(record);
  }

  /** Gives up what is left of a record. */
  lose(record: HeldRecord, reason: SpoolLossReason): void {
    if (this.#held.delete(record)) this.#events.onLost(reason, record.left);
  }

  /** The last work on files is done: what is in none of them is lost, also if it is still being sent. */
  end(): void {
    for (const record of [...this.#held]) if (record.where !== 'in a file') this.#leave(record);
  }

  /**
   * A file is not there any more.
   * @param where its records are now. Those that nobody sends any more leave
   * @returns their items
   */
  onGone(segment: Segment, where: Exclude<Whereabouts, 'in a file'>): number {
    let items = 0;
    for (const record of this.#held) {
      if (record.first < segment.first || record.first >= segment.end) continue;
      record.where = where;
      items += record.left;
      if (this.#putBack.delete(record)) this.#leave(record);
    }
    return items;
  }

  #leave(record: HeldRecord): void {
    if (record.where === 'in memory') this.lose(record, 'spool_full');
    else if (this.#held.delete(record)) this.#events.onTakenOver(record.left);
  }
}
