import type { Variant } from '../application/protocol.ts';
import { median } from '../statistics.ts';
import { judge, type Line } from './row.ts';

/** What a process prints once it has started: the time since it began, and its CPU (user and system, all threads). */
export interface StartFigures {
  readonly millis: number;
  readonly cpuMillis: number;
}

/** One start of a variant. */
interface MeasuredStart {
  readonly variant: Variant;
  readonly figures: StartFigures;
}

/** The median of each variant, over its starts. */
export function startLine(
  figure: string,
  starts: readonly MeasuredStart[],
  figureOf: (figures: StartFigures) => number,
): Line {
  const medians = Object.fromEntries(
    (['noop', 'upstream', 'spillway'] as const).flatMap((variant) => {
      const figures = starts.filter((start) => start.variant === variant).map((start) => figureOf(start.figures));
      return figures.length === 0 ? [] : [[variant, median(figures)] as const];
    }),
  );
  return {
    figure,
    unit: 'millis',
    ...medians,
    target: 'no more than upstream',
    ...judge((upstream, spillway) => spillway <= upstream, medians['upstream'], medians['spillway']),
  };
}
