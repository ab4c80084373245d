import type { DrainResult } from './drain.ts';

/** The life of a controller: it may drain and open again, and it closes once. */
export type Life =
  | { readonly kind: 'open' }
  /** Takes nothing in, flushes everything there is, and opens again. */
  | { readonly kind: 'draining'; readonly result: Promise<DrainResult> }
  /** The same, but it closes afterwards. */
  | { readonly kind: 'closing'; readonly result: Promise<DrainResult> }
  | { readonly kind: 'closed'; readonly result: Promise<DrainResult> };

/** The life in which a controller begins. */
export const OPEN: Life = { kind: 'open' };
