import type { DrainResult } from './drain.ts';

/** The life of a controller: it may drain and open again, and it closes once. */
export type Life =
  | { readonly kind: 'open' }
  /** Lets no items in, flushes everything, and opens again. */
  | { readonly kind: 'draining'; readonly result: Promise<DrainResult> }
  /** The same, but it closes afterwards. With an overflow, items are still let in. */
  | { readonly kind: 'closing'; readonly result: Promise<DrainResult> }
  | { readonly kind: 'closed'; readonly result: Promise<DrainResult> };

/** A controller's life begins with this. */
export const OPEN: Life = { kind: 'open' };
