import { printedBy } from '../child-process.ts';
import type { SelfMetricFigures } from '../self-metrics/protocol.ts';
import { median } from '../statistics.ts';
import { judge, type Row } from './row.ts';

const SELF_METRIC_BENCH = new URL('../self-metrics/main.ts', import.meta.url);
const RUNS = 3;
const TIMEOUT_MILLIS = 120_000;
const NANOS_PER_MICRO = 1_000;

/** The cost of self-metrics and loss reports. Its bench is a separate program. */
export const selfMetrics: Row = {
  name: 'self-metrics',
  title: '20 000 spans to an answer, without and with self-metrics that are collected once',
  async run({ runs = RUNS, variants, progress }) {
    if (!variants.includes('spillway'))
      return { lines: [], runs: [], samples: [], problems: [], note: 'skipped: Spillway only' };
    const results: SelfMetricFigures[] = [];
    for (let run = 1; run <= runs; run += 1) {
      progress(`run ${run} of ${runs}`);
      const options = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];
      results.push(JSON.parse(await printedBy(SELF_METRIC_BENCH, [], TIMEOUT_MILLIS, options)) as SelfMetricFigures);
    }
    const middle = (figureOf: (figures: SelfMetricFigures) => number): number => median(results.map(figureOf));
    const factor = middle(({ spanMicros }) => spanMicros.with / spanMicros.without);
    const noise = middle((figures) => figures.noise);
    const inMicros = (figureOf: (figures: SelfMetricFigures) => number): number => middle(figureOf) / NANOS_PER_MICRO;
    return {
      lines: [
        { figure: 'CPU per span, without', unit: 'micros', spillway: middle(({ spanMicros }) => spanMicros.without) },
        {
          figure: 'the same with self-metrics, of that',
          unit: 'factor',
          spillway: factor,
          target: 'no more than rounds differ',
          ...judge((value, share) => value <= 1 + share, factor, noise),
        },
        { figure: 'how far rounds differ', unit: 'factor', spillway: noise },
        { figure: 'CPU per collection', unit: 'micros', spillway: middle(({ collection }) => collection.micros) },
        { figure: "of it Spillway's callbacks", unit: 'micros', spillway: middle(({ callbacks }) => callbacks.micros) },
        { figure: 'allocated by a collection', unit: 'bytes', spillway: middle(({ collection }) => collection.bytes) },
        {
          figure: "of it by Spillway's callbacks",
          unit: 'bytes',
          spillway: middle(({ callbacks }) => callbacks.bytes),
        },
        {
          figure: 'a refused log record, without loss reports',
          unit: 'micros',
          spillway: inMicros(({ refusedNanos }) => refusedNanos.without),
        },
        { figure: 'the same with them', unit: 'micros', spillway: inMicros(({ refusedNanos }) => refusedNanos.with) },
      ],
      runs: results.map((figures, index) => ({ variant: 'spillway', run: index + 1, figures })),
      samples: [],
      problems: results.flatMap((result, index) => result.problems.map((problem) => `run ${index + 1}: ${problem}`)),
    };
  },
};
