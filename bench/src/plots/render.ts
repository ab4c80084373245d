import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { grouped } from '../report/figure-text.ts';
import type { PlotDefinition, PlotPoint } from './definitions.ts';
import { describePlot, microsText } from './description.ts';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const WIDTH = 760;
const HEIGHT = 420;
/** A factor between the points and the ends of the axis, for the figures beside the points. */
const MARGIN = 1.3;

/** A picture has a background of its own, because its colors follow the reader's system and not the page around it. */
const STYLE =
  'svg{color:#1f2328;background:#fff}@media(prefers-color-scheme:dark){svg{color:#e6edf3;background:#0d1117}}';
/** Takes the color of the style. */
const INK = 'currentColor';
const GRID = '#8886';

const SERIES = [
  { key: 'upstream', name: 'OpenTelemetry', color: '#d97706', symbol: 'diamond', line: 'dashed' },
  { key: 'spillway', name: 'Spillway', color: '#2f81f7', symbol: 'circle', line: 'solid' },
] as const;

/** A plot as SVG. The same points give the same text. */
export function renderPlot(definition: PlotDefinition, points: readonly PlotPoint[]): string {
  const chart = init(undefined, undefined, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  chart.setOption({
    animation: false,
    title: { text: definition.title, left: 'center', top: 6, textStyle: { color: INK, fontSize: 16 } },
    legend: { top: 36, itemWidth: 40, itemGap: 30, textStyle: { color: INK, fontSize: 13 } },
    grid: { left: 70, right: 30, top: 80, bottom: 60 },
    xAxis: { ...xScale(points), name: definition.xName, nameGap: 34, ...AXIS },
    yAxis: {
      type: definition.yScale,
      name: definition.yName,
      nameGap: 44,
      axisLabel: {
        color: INK,
        fontSize: 12,
        formatter: (micros: number) => (micros < 1 ? `${micros}` : grouped(micros)),
      },
      ...AXIS,
    },
    series: SERIES.map(({ key, name, color, symbol, line }) => ({
      type: 'line',
      name,
      data: points.flatMap((point) => (point[key] === undefined ? [] : [[point.at, point[key]]])),
      symbol,
      symbolSize: 9,
      silent: true,
      color,
      lineStyle: { type: line, width: 2 },
      label: {
        show: true,
        position: 'top',
        color: INK,
        fontSize: 11,
        formatter: ({ value }: { readonly value: readonly number[] }) => microsText(value[1]),
      },
      labelLayout: { hideOverlap: true },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return described(svg, definition.title, describePlot(definition, points));
}

const AXIS = {
  nameLocation: 'middle',
  nameTextStyle: { color: INK, fontSize: 13 },
  axisLine: { lineStyle: { color: INK } },
  splitLine: { lineStyle: { color: GRID } },
} as const;

/** Labels stand at the points, not at powers of ten. */
function xScale(points: readonly PlotPoint[]): object {
  const customValues = points.map(({ at }) => at);
  return {
    type: 'log',
    min: Math.min(...customValues) / MARGIN,
    max: Math.max(...customValues) * MARGIN,
    axisLabel: { color: INK, fontSize: 12, customValues, hideOverlap: true, formatter: grouped },
    axisTick: { customValues },
  };
}

/** Adds what screen readers say, and the colors. */
function described(svg: string, title: string, description: string): string {
  const start = svg.indexOf('>');
  const attributes = ' role="img" aria-labelledby="title" aria-describedby="description"';
  const head = `\n<title id="title">${title}</title>\n<desc id="description">${description}</desc>\n<style>${STYLE}</style>`;
  return `${withoutCounters(svg.slice(0, start) + attributes + svg.slice(start, start + 1) + head + svg.slice(start + 1))}\n`;
}

/** The library counts the plots of a process in its names. Its classes are only for a mouse. */
function withoutCounters(svg: string): string {
  return svg
    .replace(/<style ><!\[CDATA\[[^]*?\]\]>\s*<\/style>\n?/, '')
    .replaceAll(/ class="[^"]*"/g, '')
    .replaceAll(/\bzr\d+-/g, 'plot-')
    .trimEnd();
}
