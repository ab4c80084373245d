/** A record that is not in a file yet. */
export interface PendingRecord {
  readonly first: number;
  readonly items: number;
  readonly storedAt: number;
  /** Head and body. */
  readonly bytes: Buffer;
}

/** The records that wait in memory to be written, oldest first. */
export class PendingRecords {
  readonly #records: PendingRecord[] = [];
  /** How many of them are being written. They must stay, whatever is superseded meanwhile. */
  writing = 0;
  bytes = 0;

  get size(): number {
    return this.#records.length;
  }

  get first(): PendingRecord | undefined {
    return this.#records[0];
  }

  add(record: PendingRecord): void {
    this.#records.push(record);
    this.bytes += record.bytes.length;
  }

  /** The oldest ones that fit into that many bytes. The first one always does. */
  upTo(bytes: number): readonly PendingRecord[] {
    let sum = 0;
    let count = 0;
    for (const record of this.#records) {
      sum += record.bytes.length;
      if (count > 0 && sum > bytes) break;
      count += 1;
    }
    return this.#records.slice(0, count);
  }

  removeFirst(count: number): void {
    this.#remove(0, count);
  }

  removeLast(): PendingRecord | undefined {
    return this.#remove(this.#records.length - 1, 1)[0];
  }

  /** Removes all but those that are being written. */
  removeUnwritten(): void {
    this.#remove(this.writing, this.#records.length - this.writing);
  }

  #remove(index: number, count: number): readonly PendingRecord[] {
    const removed = this.#records.splice(Math.max(index, 0), count);
    for (const { bytes } of removed) this.bytes -= bytes.length;
    return removed;
  }
}
