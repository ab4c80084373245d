import type { RowRecord } from '../report/results-file.ts';
import type { PlotAxis } from '../rows/row.ts';

/** What a plot shows. */
export interface PlotDefinition {
  readonly axis: PlotAxis;
  /** The name of the picture, without a folder. */
  readonly file: string;
  readonly title: string;
  readonly xName: string;
  readonly yName: string;
  /** The scale on x is always logarithmic. If both are, a cost that grows in proportion is a straight line. */
  readonly yScale: 'value' | 'log';
}

/** The cost of a span at one place of the axis, in microseconds. */
export interface PlotPoint {
  readonly at: number;
  readonly upstream?: number;
  readonly spillway?: number;
}

const ENCODED = 'microseconds of CPU to encode a span';

/** All plots, in the order of the document. */
export const PLOTS: readonly PlotDefinition[] = [
  {
    axis: 'spans per second',
    file: 'bench-rates.svg',
    title: 'CPU that a pipeline adds to a span, by the rate',
    xName: 'spans per second',
    yName: 'microseconds of CPU added to a span',
    yScale: 'log',
  },
  {
    axis: 'attributes',
    file: 'bench-attributes.svg',
    title: 'CPU to encode a span, by its attributes',
    xName: 'attributes of a span',
    yName: ENCODED,
    yScale: 'log',
  },
  {
    axis: 'characters',
    file: 'bench-text-length.svg',
    title: 'CPU to encode a span, by the length of its text',
    xName: 'characters in the text of a span',
    yName: ENCODED,
    yScale: 'log',
  },
  {
    axis: 'scopes',
    file: 'bench-scopes.svg',
    title: 'CPU to encode a span, by the number of scopes',
    xName: 'scopes that the spans are of',
    yName: ENCODED,
    yScale: 'value',
  },
  {
    axis: 'keys',
    file: 'bench-keys.svg',
    title: 'CPU to encode a span, by the number of attribute keys',
    xName: 'keys that the attributes of the spans have',
    yName: ENCODED,
    yScale: 'value',
  },
];

/** The points of a plot in results of the bench, from left to right. None if its row was not measured. */
export function pointsOf(rows: readonly RowRecord[], axis: PlotAxis): readonly PlotPoint[] {
  return rows
    .flatMap(({ lines }) => lines)
    .flatMap(({ point, upstream, spillway }) =>
      point?.axis === axis
        ? [{ at: point.at, ...(upstream !== undefined && { upstream }), ...(spillway !== undefined && { spillway }) }]
        : [],
    )
    .toSorted((a, b) => a.at - b.at);
}
