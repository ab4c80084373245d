import type { ProgramMessage } from '../measured-program.ts';

/** What a way to compress costs, for each span. */
export interface CompressionCost {
  readonly bytes: number;
  readonly mainThreadMicros: number;
  readonly processMicros: number;
}

/** By the name of the way, such as `gzip 1`. */
export type CompressionFigures = Readonly<Record<string, CompressionCost>>;

export type CompressionMessage = ProgramMessage<CompressionFigures>;
