import type { Samples, Variant } from '../application/protocol.ts';
import type { Signal } from '../signal.ts';

/** What the figures of a line are. */
export type Unit = 'percent' | 'micros' | 'millis' | 'bytes' | 'megabytes' | 'requests' | 'spans' | 'operations' | 'factor';

/** One line of the table: one figure of each variant. */
export interface Line {
  readonly figure: string;
  readonly unit: Unit;
  readonly noop?: number;
  readonly upstream?: number;
  readonly spillway?: number;
  /** What Spillway has to show; absent where the figure is for information. */
  readonly target?: string;
  /** Whether it was shown; absent where there is no target or no figure. */
  readonly reached?: boolean;
}

/** Everything one run of one variant found, for `results.json`. */
export interface RunRecord {
  readonly variant: Variant;
  readonly run: number;
  readonly figures: object;
}

/** The time series of a run, for `samples.json`. */
export interface RunSamples {
  readonly variant: Variant;
  readonly run: number;
  /** Taken in the application process. */
  readonly application: Samples;
  /** Taken at the receiver. */
  readonly receiver: Samples;
}

/** What a row found. */
export interface RowResult {
  readonly lines: readonly Line[];
  readonly runs: readonly RunRecord[];
  readonly samples: readonly RunSamples[];
  /** What does not add up. A row with a problem is no result, whatever its figures. */
  readonly problems: readonly string[];
  readonly note?: string;
}

/** What the command line asks of every row. */
export interface RowContext {
  /** Instead of the row's own number of runs. */
  readonly runs: number | undefined;
  /** Instead of the row's own length of load, where no fault's timing depends on it. */
  readonly seconds: number | undefined;
  readonly variants: readonly Variant[];
  /** Says what is being run. */
  readonly progress: (text: string) => void;
}

/** One scenario of the bench. */
export interface Row {
  readonly name: string;
  /** Absent where the row measures what all signals share. */
  readonly signal?: Signal;
  /** The situation, in a few words. */
  readonly title: string;
  run(context: RowContext): Promise<RowResult>;
}

/** Whether figures reach a line's target; says nothing as long as one of them is missing. */
export function judge(
  test: (...figures: number[]) => boolean,
  ...figures: readonly (number | undefined)[]
): { reached?: boolean } {
  const known = figures.filter((figure): figure is number => figure !== undefined && !Number.isNaN(figure));
  return known.length === figures.length ? { reached: test(...known) } : {};
}
