import type { DrainResult } from './drain.ts';

/** The life of a controller: it may drain and open again, and it closes once. */
export type ControllerLife =
  | { readonly kind: 'open' }
  /** Takes nothing in, flushes everything there is, and opens again. */
  | { readonly kind: 'draining'; readonly result: Promise<DrainResult> }
  /** The same, but it closes afterwards. */
  | { readonly kind: 'closing'; readonly result: Promise<DrainResult> }
  | { readonly kind: 'closed'; readonly result: Promise<DrainResult> };

/** The life in which a controller begins. */
export const OPEN: ControllerLife = { kind: 'open' };

/** What a close came to that had nothing to wait for. */
const NOTHING_DRAINED: DrainResult = { flushed: 0, failed: 0, remaining: 0 };

/** Ends a life at once. A close that is under way keeps its own result. */
export function closedAtOnce(life: ControllerLife): ControllerLife {
  const isClosing = life.kind === 'closing' || life.kind === 'closed';
  return { kind: 'closed', result: isClosing ? life.result : Promise.resolve(NOTHING_DRAINED) };
}
