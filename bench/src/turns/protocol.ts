import type { PipelineAccounts, Variant } from '../application/protocol.ts';
import type { ProgramMessage } from '../measured-program.ts';
import type { Signal } from '../signal.ts';

/** A pipeline that takes turns with others, and its receiver's endpoint for the signal. */
export interface TurningPipeline {
  readonly signal: Signal;
  readonly variant: Variant;
  readonly url: string;
  readonly itemsPerSecond: number;
}

/** The task of the process, sent to it as its first message. */
export interface TurnsPlan {
  /** The pipelines that take turns. */
  readonly pipelines: readonly TurningPipeline[];
  /** Measured turns of each pipeline. */
  readonly rounds: number;
  /** Length of the load of one turn. */
  readonly seconds: number;
}

/** The result of one pipeline's turns. */
export interface PipelineTurns {
  /** CPU (user and system, all threads) per item made, for each measured turn. */
  readonly cpuMicrosPerItem: readonly number[];
  /** Items made, including those before the measured turns. */
  readonly made: number;
  readonly accounts: PipelineAccounts;
}

/** A message from the process to the bench: the turns of each pipeline, in the order of the plan. */
export type TurnsMessage = ProgramMessage<readonly PipelineTurns[]>;
