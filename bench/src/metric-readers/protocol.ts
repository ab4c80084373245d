import type { Variant } from '../application/protocol.ts';
import type { ProgramMessage } from '../measured-program.ts';

export interface ReadersPlan {
  readonly readers: readonly { readonly variant: Variant; readonly url: string }[];
  /** Collections of each reader that are measured. */
  readonly rounds: number;
}

/** The cost of one collection, from its start to the answer of the collector. */
export interface CollectionCost {
  /** User and system, all threads. */
  readonly cpuMillis: number;
  /** The longest time in which the event loop could not do anything else. */
  readonly longestPauseMillis: number;
}

/** The collections of one reader. */
export interface ReaderFigures {
  readonly variant: Variant;
  readonly costs: readonly CollectionCost[];
  /** Orders counted by the application's counters, which the collector must know at the end. */
  readonly orders: number;
}

export type ReadersMessage = ProgramMessage<readonly ReaderFigures[]>;
