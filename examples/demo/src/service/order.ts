/**
 * The orders of the shop. All properties of an order follow from its number, so that two services that get requests for
 * the same orders make the same spans and log records.
 */
export interface Order {
  readonly id: number;
  readonly items: number;
  readonly total: number;
}

const CACHED_EVERY = 4;
const SLOW_EVERY = 20;
const SLOW_MILLIS = 20;
const BROKEN_EVERY = 50;

export function orderOf(id: number): Order {
  return { id, items: 1 + (id % 7), total: 999 + (id % 90_000) };
}

export function isCached(id: number): boolean {
  return id % CACHED_EVERY === 0;
}

/** Whether the database has to search for the order. No cached order is slow. */
export function isSlow(id: number): boolean {
  return id % SLOW_EVERY === 1;
}

/** Whether the database fails on the order. No cached or slow order is broken. */
export function isBroken(id: number): boolean {
  return id % BROKEN_EVERY === 7;
}

export function queryMillis(id: number): number {
  return isSlow(id) ? SLOW_MILLIS : 2 + (id % CACHED_EVERY);
}
