import type { PipelineAccounts, Variant } from '../application/protocol.ts';
import type { ProgramMessage } from '../measured-program.ts';

/** The task of the process, sent to it as its first message. */
export interface PipelinesPlan {
  readonly variant: Variant;
  /** The receiver of all pipelines. */
  readonly url: string;
  /** Pipelines in the process. */
  readonly count: number;
  /** Of the idle time, and of the load after it. */
  readonly seconds: number;
}

/** What the pipelines of a process cost together. */
export interface PipelinesFigures {
  /** CPU (user and system, all threads) to construct as many and shut them down unused, when their code has been loaded. */
  readonly startCpuMillis: number;
  /** Heap and buffers, after each pipeline has sent spans. */
  readonly bytes: number;
  /** CPU (user and system, all threads) in a second without spans. */
  readonly idleCpuMillis: number;
  /** CPU per span, of a load that all pipelines share. */
  readonly cpuMicrosPerItem: number;
  /** Items made, warm-up included. */
  readonly made: number;
  readonly accounts: PipelineAccounts;
}

/** A message from the process to the bench. */
export type PipelinesMessage = ProgramMessage<PipelinesFigures>;
