import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PLOTS, pointsOf } from '../src/plots/definitions.ts';
import { renderPlot } from '../src/plots/render.ts';
import { markdownPlots } from '../src/report/markdown-plots.ts';
import type { RowRecord } from '../src/report/results-file.ts';
import type { Line } from '../src/rows/row.ts';

const RESULTS = new URL('../results.json', import.meta.url);
const IMAGES = new URL('../../docs/images/', import.meta.url);

function row(name: string, lines: readonly Line[], note?: string): RowRecord {
  return {
    name,
    title: 'a situation',
    measuredAt: '2026-01-01T00:00:00.000Z',
    busyShare: 0.5,
    wallSeconds: 1,
    lines,
    ...(note !== undefined && { note }),
    problems: [],
    runs: [],
  };
}

function atRate(at: number, upstream: number, spillway: number): Line {
  return { figure: 'CPU', unit: 'micros', point: { axis: 'spans per second', at }, upstream, spillway };
}

const RATES = row('rates', [atRate(10_000, 10, 2.5), atRate(2_500, 12.25, 5)]);
const WORDS =
  'CPU that a pipeline adds to a span, by the rate. Microseconds of CPU added to a span with OpenTelemetry and with ' +
  'Spillway, by spans per second: 2 500: 12.3 and 5.00; 10 000: 10.0 and 2.50.';
const [ratesPlot] = PLOTS;
if (ratesPlot === undefined) throw new Error('there is no plot');

describe('a plot', () => {
  const svg = renderPlot(ratesPlot, pointsOf([RATES], ratesPlot.axis));

  it('says all its figures to screen readers', () => {
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-labelledby="title" aria-describedby="description">/);
    expect(svg).toContain(`<title id="title">${ratesPlot.title}</title>`);
    expect(svg).toContain(`<desc id="description">${WORDS}</desc>`);
  });

  it('has texts only in the color of the system, on a background that fits it', () => {
    expect(svg).toContain('@media(prefers-color-scheme:dark)');
    const texts = svg.match(/<text[^>]*>/g) ?? [];
    expect(texts.length).toBeGreaterThan(8);
    for (const text of texts) expect(text).toContain('fill="currentColor"');
  });

  it('is the same text each time, so that only new figures change its file', () => {
    expect(renderPlot(ratesPlot, pointsOf([RATES], ratesPlot.axis))).toBe(svg);
  });
});

describe('the plots in Markdown', () => {
  it('are those with points, with every figure in words', () => {
    const skipped = row('attributes', [], 'skipped: needs upstream and spillway');
    expect(markdownPlots([skipped, RATES])).toBe(`![${WORDS}](images/bench-rates.svg)`);
  });

  it('are replaced by a sentence if no row with a plot was measured', () => {
    expect(markdownPlots([row('controller', [])])).not.toContain('![');
  });
});

it.for(PLOTS)('docs/images/$file shows the results of the bench: npm run bench:plots', (plot) => {
  const { rows }: { readonly rows: Record<string, RowRecord> } = JSON.parse(readFileSync(RESULTS, 'utf8'));
  const file = new URL(plot.file, IMAGES);
  const points = pointsOf(Object.values(rows), plot.axis);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(
    points.length === 0 ? undefined : renderPlot(plot, points),
  );
});
