import type { PipelineAccounts, Variant } from '../application/protocol.ts';
import type { ProgramMessage } from '../measured-program.ts';
import type { Signal } from '../signal.ts';

/** What the process is to do; sent to it as its first message. */
export interface TurnsPlan {
  readonly signal: Signal;
  /** The variants that take turns, each with its receiver's endpoint for the signal. */
  readonly pipelines: readonly { readonly variant: Variant; readonly url: string }[];
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
export type TurnsMessage = ProgramMessage<readonly VariantTurns[]>;
