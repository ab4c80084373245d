import { PLOTS, pointsOf } from '../plots/definitions.ts';
import { describePlot } from '../plots/description.ts';
import type { RowRecord } from './results-file.ts';

/** The plots that results of the bench have points for, as pictures in Markdown with every figure in words. */
export function markdownPlots(rows: readonly RowRecord[]): string {
  const pictures = PLOTS.flatMap((plot) => {
    const points = pointsOf(rows, plot.axis);
    return points.length === 0 ? [] : [`![${describePlot(plot, points)}](images/${plot.file})`];
  });
  return pictures.length === 0
    ? 'No row with a plot has been measured with these versions yet.'
    : pictures.join('\n\n');
}
