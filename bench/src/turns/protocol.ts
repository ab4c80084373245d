import type { PipelineAccounts, Variant } from '../application/protocol.ts';
import type { ProgramMessage } from '../measured-program.ts';
import type { Signal } from '../signal.ts';

/** The task of the process, sent to it as its first message. */
export interface TurnsPlan {
  readonly signal: Signal;
  /** The variants that take turns, each with its receiver's endpoint for the signal. */
  readonly pipelines: readonly { readonly variant: Variant; readonly url: string }[];
  /** Measured turns of each variant. */
  readonly rounds: number;
  /** Length of the load of one turn. */
  readonly seconds: number;
}

/** The result of one variant's turns. */
export interface VariantTurns {
  readonly variant: Variant;
  /** CPU (user and system, all threads) per item made, for each measured turn. */
  readonly cpuMicrosPerItem: readonly number[];
  /** Items made, including those before the measured turns. */
  readonly made: number;
  readonly accounts: PipelineAccounts;
}

/** A message from the process to the bench. */
export type TurnsMessage = ProgramMessage<readonly VariantTurns[]>;
