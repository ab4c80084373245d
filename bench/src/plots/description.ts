import { grouped } from '../report/figure-text.ts';
import type { PlotDefinition, PlotPoint } from './definitions.ts';

/** The plot in words, with every figure in it. */
export function describePlot({ title, xName, yName }: PlotDefinition, points: readonly PlotPoint[]): string {
  const figures = points.map(
    ({ at, upstream, spillway }) => `${grouped(at)}: ${microsText(upstream)} and ${microsText(spillway)}`,
  );
  return `${title}. ${capitalized(yName)} with OpenTelemetry and with Spillway, by ${xName}: ${figures.join('; ')}.`;
}

/** A figure of a plot; a dash if there is none. */
export function microsText(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(value < 10 ? 2 : 1);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
