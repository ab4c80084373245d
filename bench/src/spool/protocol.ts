import type { ProgramMessage } from '../measured-program.ts';

/** What a way to store requests costs. */
export interface StoringCost {
  /** For each span, of the main thread. */
  readonly mainThreadMicros: number;
  /** For each span, of all threads. */
  readonly processMicros: number;
  /** Of wall time, until everything is in files. */
  readonly spansPerSecond: number;
  readonly diskBytesPerByte: number;
}

export interface SpoolFigures {
  /** To encode a span: what an append has to stay below. */
  readonly encodingMicros: number;
  /** By the name of the way. */
  readonly ways: Readonly<Record<string, StoringCost>>;
  /** To read everything back in order and remove it. */
  readonly replayMicros: number;
  readonly replaySpansPerSecond: number;
}

export type SpoolMessage = ProgramMessage<SpoolFigures>;
