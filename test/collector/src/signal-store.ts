/** How often each id was accepted. This is the part of a `Map` that a ledger has; `new Map(ids)` makes a real map. */
export interface AcceptedIds extends Iterable<[id: string, timesAccepted: number]> {
  readonly size: number;
  get(id: string): number | undefined;
  has(id: string): boolean;
}

/** The items of one request that were read but are not kept yet. */
export interface PendingItems {
  readonly count: number;
  has(id: string): boolean;
  /** Keeps the first `count`. */
  accept(count: number): void;
  /** The client did not get the answer about the first `count` items, and may send them again. */
  loseAnswer(count: number): void;
}

/** The accepted items of one signal. */
export interface SignalStore {
  readonly ids: AcceptedIds;
  readonly accepted: number;
  readonly duplicates: number;
  /** Accepted ids whose answer was lost, each with its count. That many duplicates of it are not the client's fault. */
  readonly unanswered: AcceptedIds;
  /** @throws an error that says what is wrong with the body */
  read(body: Uint8Array): PendingItems;
}
