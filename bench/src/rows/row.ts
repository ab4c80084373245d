import type { Samples, Variant } from '../application/protocol.ts';
import type { Signal } from '../signal.ts';

/** The unit of the figures in a line. */
export type Unit =
  | 'percent'
  | 'micros'
  | 'millis'
  | 'bytes'
  | 'kilobytes'
  | 'megabytes'
  | 'requests'
  | 'spans'
  | 'operations'
  | 'per second'
  | 'factor';

/** A quantity that the cost of a span depends on. Each has a plot. */
export type PlotAxis = 'spans per second' | 'attributes' | 'characters' | 'scopes' | 'keys';

/** A line as a point of a plot. */
export interface PlotPoint {
  readonly axis: PlotAxis;
  readonly at: number;
}

/** One line of the table: one figure of each variant. */
export interface Line {
  readonly figure: string;
  readonly unit: Unit;
  readonly noop?: number;
  readonly upstream?: number;
  readonly spillway?: number;
  /** The figure of something else, which the line's text names. */
  readonly other?: number;
  /** The place of the line in a plot. */
  readonly point?: PlotPoint;
  /** The figure that Spillway has to reach; absent if the line is only for information. */
  readonly target?: string;
  /** Whether Spillway reached it; absent if there is no target or no figure. */
  readonly reached?: boolean;
}

/** All figures of one run of one variant, for `results.json`. */
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

/** The result of a row. */
export interface RowResult {
  readonly lines: readonly Line[];
  readonly runs: readonly RunRecord[];
  readonly samples: readonly RunSamples[];
  /** What does not add up. A row with a problem counts as no result, whatever its figures are. */
  readonly problems: readonly string[];
  readonly note?: string;
}

/** The options of the command line for every row. */
export interface RowContext {
  /** Replaces the row's own number of runs. */
  readonly runs: number | undefined;
  /** Replaces the row's own length of load, unless the timing of faults depends on it. */
  readonly seconds: number | undefined;
  readonly variants: readonly Variant[];
  /** Reports what is being run. */
  readonly progress: (text: string) => void;
}

/** One scenario of the bench. */
export interface Row {
  readonly name: string;
  /** Absent if the row measures a part that all signals share. */
  readonly signal?: Signal;
  /** The situation, in a few words. */
  readonly title: string;
  run(context: RowContext): Promise<RowResult>;
}

/** Whether figures reach a line's target; empty if one of the figures is missing. */
export function judge(
  test: (...figures: number[]) => boolean,
  ...figures: readonly (number | undefined)[]
): { reached?: boolean } {
  const known = figures.filter((figure): figure is number => figure !== undefined && !Number.isNaN(figure));
  return known.length === figures.length ? { reached: test(...known) } : {};
}
