import type { PipelineAccounts } from '../application/protocol.ts';
import type { ProgramMessage } from '../measured-program.ts';

/** The task of the process, sent to it as its first message. */
export interface LivePagePlan {
  /** The receiver's endpoint for spans. */
  readonly url: string;
  readonly rounds: number;
  /** Length of the load of one turn. */
  readonly seconds: number;
}

/** What is served during a turn. */
export type Audience = 'no page' | 'nobody looks' | 'one viewer';

export const AUDIENCES: readonly Audience[] = ['no page', 'nobody looks', 'one viewer'];

/** One turn: a load of some seconds. */
export interface LivePageTurn {
  readonly audience: Audience;
  /** CPU of the process (user and system, all threads, that of the page included) in milliseconds per second. */
  readonly cpuMillisPerSecond: number;
  /** 99th percentile of the event loop's delay, in milliseconds; the timer's own 1 ms is part of it. */
  readonly delayP99Millis: number;
}

/** What the page costs by being there, measured without a load. */
export interface LivePageStart {
  /** CPU of the process until the page has settled, in milliseconds. */
  readonly cpuMillis: number;
  /** Memory of the process that it adds. */
  readonly megabytes: number;
}

export interface LivePageFigures {
  readonly start: LivePageStart;
  /** A call of `getMetrics()` after the process has done other work, in microseconds. */
  readonly getMetricsMicros: number;
  readonly turns: readonly LivePageTurn[];
  readonly made: number;
  readonly accounts: PipelineAccounts;
}

export type LivePageMessage = ProgramMessage<LivePageFigures>;
