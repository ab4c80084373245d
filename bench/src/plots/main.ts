/**
 * `npm run bench:plots` draws the plots of `docs/benchmarks.md` from `bench/results.json`. A plot whose row was not
 * measured is removed.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RowRecord } from '../report/results-file.ts';
import { PLOTS, pointsOf } from './definitions.ts';
import { renderPlot } from './render.ts';

const RESULTS = new URL('../../results.json', import.meta.url);
const IMAGES = new URL('../../../docs/images/', import.meta.url);

const { rows }: { readonly rows: Readonly<Record<string, RowRecord>> } = JSON.parse(readFileSync(RESULTS, 'utf8'));
for (const plot of PLOTS) {
  const file = new URL(plot.file, IMAGES);
  const points = pointsOf(Object.values(rows), plot.axis);
  if (points.length === 0) {
    rmSync(file, { force: true });
    console.log(`docs/images/${plot.file}: no figures in bench/results.json`);
  } else {
    writeFileSync(file, renderPlot(plot, points));
    console.log(`docs/images/${plot.file}: ${points.length} points`);
  }
}
