import type { StoredBy } from '@spillway/pipeline';
import type { Segment } from './segment.ts';

/** A chain, as it is found in its folder. */
export interface ChainContents {
  readonly folder: string;
  readonly storedBy: StoredBy;
  readonly salt: number;
  /** Oldest first. */
  readonly segments: readonly Segment[];
  /** The number of the first item that has not settled. */
  readonly next: number;
  /** The number after the last item. */
  readonly end: number;
  /** Of the cursor that was saved last. */
  readonly sequence: number;
}
