import { finiteFrom0, from0 } from '@spillway/backpressure';

export interface PageSpoolOptions {
  /**
   * Bytes of requests that one signal may have in IndexedDB, those of other pages of the origin included. Above it, items
   * stay in memory. 0 uses no IndexedDB: what does not fit into the requests that outlive a page is then lost with it.
   * Default 4 MiB.
   */
  readonly maxBytes?: number;
  /** Milliseconds after which a stored request is given up (`expired`). Default: two days. `Infinity` for never. */
  readonly maxAgeMillis?: number;
}

const DEFAULT_MAX_BYTES = 4 * 2 ** 20;
const TWO_DAYS_MILLIS = 2 * 24 * 3_600_000;

/** @throws RangeError or TypeError that names option and value */
export function resolvePageSpoolOptions({
  maxBytes = DEFAULT_MAX_BYTES,
  maxAgeMillis = TWO_DAYS_MILLIS,
}: PageSpoolOptions): Required<PageSpoolOptions> {
  return { maxBytes: finiteFrom0('maxBytes', maxBytes), maxAgeMillis: from0('maxAgeMillis', maxAgeMillis) };
}
