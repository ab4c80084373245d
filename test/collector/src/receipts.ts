import type { CollectorCounts, RequestRecord, SignalCounts } from './request-record.ts';
import type { SignalName, SignalStores } from './signal.ts';

/**
 * Everything received since the start or the last reset. A reset replaces this object. A request that was open at that
 * time goes on with the old object, where it has no effect.
 */
export class Receipts {
  readonly stores: SignalStores;
  readonly requests: RequestRecord[] = [];
  rejected = 0;
  unanswered = 0;
  #inFlight = 0;
  #maxInFlight = 0;

  constructor(stores: SignalStores) {
    this.stores = stores;
  }

  /** @returns the number of open requests, including this one */
  arrive(): number {
    this.#inFlight += 1;
    this.#maxInFlight = Math.max(this.#maxInFlight, this.#inFlight);
    return this.#inFlight;
  }

  leave(): void {
    this.#inFlight -= 1;
  }

  countsOf(signal: SignalName): SignalCounts {
    const { accepted, ids, duplicates } = this.stores[signal];
    return { items: accepted, unique: ids.size, duplicates };
  }

  /** How many accepted log records do not carry the id of an accepted span. */
  orphanedLogRecords(): number {
    const { traces, logs } = this.stores;
    let correlated = 0;
    for (const [spanId, times] of logs.spanIds) if (traces.ids.has(spanId)) correlated += times;
    return logs.accepted - correlated;
  }

  counts(): CollectorCounts {
    let items = 0;
    let unique = 0;
    let duplicates = 0;
    for (const store of Object.values(this.stores)) {
      items += store.accepted;
      unique += store.ids.size;
      duplicates += store.duplicates;
    }
    return {
      requests: this.requests.length,
      items,
      unique,
      duplicates,
      rejected: this.rejected,
      unanswered: this.unanswered,
      inFlight: this.#inFlight,
      maxInFlight: this.#maxInFlight,
    };
  }
}
