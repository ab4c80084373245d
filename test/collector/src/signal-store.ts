/** How often each id was accepted; the part of a `Map` that a ledger can offer. `new Map(ids)` makes a real one. */
export interface AcceptedIds extends Iterable<[id: string, timesAccepted: number]> {
  readonly size: number;
  get(id: string): number | undefined;
  has(id: string): boolean;
}

/** The items of one request, read and not yet kept. */
export interface PendingItems {
  readonly count: number;
  has(id: string): boolean;
  /** Keeps the first `count`. */
  accept(count: number): void;
  /** The client did not get the answer by which it knew of the first `count`, and may send them again. */
  loseAnswer(count: number): void;
}

/** What was accepted of one signal. */
export interface SignalStore {
  readonly ids: AcceptedIds;
  readonly accepted: number;
  readonly duplicates: number;
  /** Ids accepted whose answer was lost, each with how often: that many duplicates of it are no fault of the client's. */
  readonly unanswered: AcceptedIds;
  /** @throws an error that says what is wrong with the body */
  read(body: Uint8Array): PendingItems;
}
