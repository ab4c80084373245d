import type { PipelineAccounts, Variant } from '../application/protocol.ts';
import type { Signal } from '../signal.ts';

/** What the process is to do; sent to it as its first message. */
export interface TurnsPlan {
  readonly signal: Signal;
  readonly variants: readonly Variant[];
  /** The receiver's endpoint for the signal. */
  readonly url: string;
  /** Measured turns of each variant. */
  readonly rounds: number;
  /** Length of the load of one turn. */
  readonly seconds: number;
}

/** What one variant's turns found. */
export interface VariantTurns {
  readonly variant: Variant;
  /** CPU (user and system, all threads) of each measured turn, by items made. */
  readonly cpuMicrosPerItem: readonly number[];
  /** Items made, those before the measured turns included. */
  readonly made: number;
  readonly accounts: PipelineAccounts;
}

/** What the process tells the bench. */
export type TurnsMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'report'; readonly turns: readonly VariantTurns[] }
  | { readonly kind: 'error'; readonly message: string };
