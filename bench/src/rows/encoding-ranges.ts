import { printedBy } from '../child-process.ts';
import type { CostOfSize } from '../encoder/measure-range.ts';
import type { RangeName } from '../encoder/ranges.ts';
import { grouped } from '../report/figure-text.ts';
import { median } from '../statistics.ts';
import { judge, type Line, type PlotAxis, type Row } from './row.ts';

const PROGRAM = new URL('../encoder/measure-range.ts', import.meta.url);
const RUNS = 1;
const TIMEOUT_MILLIS = 120_000;
const ALLOWED_GROWTH = 1.5;

type CostOf = (size: number) => number;

/** A range of spans, and what is told of it. */
interface MeasuredRange {
  readonly range: RangeName;
  readonly axis: PlotAxis;
  /** What has that size: "a span of 16 attributes". */
  readonly spanOf: (size: string) => string;
  /** By how much the cost of one attribute, character, scope or key grows over the range. */
  readonly growth: { readonly figure: string; readonly of: (cost: CostOf) => number };
}

const ATTRIBUTES: MeasuredRange = {
  range: 'attributes',
  axis: 'attributes',
  spanOf: (size) => `a span with attributes: ${size}`,
  growth: {
    figure: 'an attribute of the 17th to 128th, of one of the 2nd to 16th',
    of: (cost) => ((cost(128) - cost(16)) / (cost(16) - cost(1))) * (15 / 112),
  },
};

const TEXT_LENGTH: MeasuredRange = {
  range: 'text-length',
  axis: 'characters',
  spanOf: (size) => `a span with a text of characters: ${size}`,
  growth: {
    figure: 'a character of 10 000, of one of 1 000',
    of: (cost) => cost(10_000) / 10_000 / (cost(1_000) / 1_000),
  },
};

const SCOPES: MeasuredRange = {
  range: 'scopes',
  axis: 'scopes',
  spanOf: (size) => `a span of one of the scopes: ${size}`,
  growth: { figure: 'a span of one of 5 000 scopes, of one of 10', of: (cost) => cost(5_000) / cost(10) },
};

const KEYS: MeasuredRange = {
  range: 'keys',
  axis: 'keys',
  spanOf: (size) => `a span with 10 of the keys: ${size}`,
  growth: { figure: 'a span with 10 of 5 000 keys, of one with 10 of 10', of: (cost) => cost(5_000) / cost(10) },
};

/** How the number of attributes matters. */
export const attributes = rangesRow('attributes', 'spans of 1 to 128 attributes, until they are a request', [
  ATTRIBUTES,
]);

/** How the length of a text matters. */
export const textLength = rangesRow('text-length', 'spans with a text of 10 to 10 000 characters', [TEXT_LENGTH]);

/** How it matters that there are many scopes or keys. */
export const scopesAndKeys = rangesRow('scopes-and-keys', 'spans of 1 to 5 000 scopes, and of 10 to 5 000 keys', [
  SCOPES,
  KEYS,
]);

function rangesRow(name: string, title: string, ranges: readonly MeasuredRange[]): Row {
  return {
    name,
    signal: 'traces',
    title,
    async run({ runs = RUNS, progress }) {
      const results: Record<string, readonly CostOfSize[]>[] = [];
      for (let run = 1; run <= runs; run += 1) {
        progress(`run ${run} of ${runs}`);
        const result: Record<string, readonly CostOfSize[]> = {};
        for (const { range } of ranges) {
          result[range] = JSON.parse(await printedBy(PROGRAM, ['--range', range], TIMEOUT_MILLIS));
        }
        results.push(result);
      }
      return {
        lines: ranges.flatMap((measured) =>
          linesOf(
            measured,
            results.map((result) => result[measured.range] ?? []),
          ),
        ),
        runs: results.map((figures, index) => ({ variant: 'spillway', run: index + 1, figures })),
        samples: [],
        problems: [],
      };
    },
  };
}

function linesOf({ axis, spanOf, growth }: MeasuredRange, results: readonly (readonly CostOfSize[])[]): Line[] {
  const sizes = results[0]?.map(({ size }) => size) ?? [];
  const costOf =
    (variant: 'upstreamMicros' | 'spillwayMicros'): CostOf =>
    (size) =>
      median(results.flatMap((costs) => costs.filter((cost) => cost.size === size).map((cost) => cost[variant])));
  const [upstream, spillway] = [costOf('upstreamMicros'), costOf('spillwayMicros')];
  const grown = growth.of(spillway);
  return [
    ...sizes.map((size): Line => {
      return {
        figure: spanOf(grouped(size)),
        unit: 'micros',
        point: { axis, at: size },
        upstream: upstream(size),
        spillway: spillway(size),
      };
    }),
    {
      figure: growth.figure,
      unit: 'factor',
      upstream: growth.of(upstream),
      spillway: grown,
      target: `at most ${ALLOWED_GROWTH} x`,
      ...judge((factor) => factor <= ALLOWED_GROWTH, grown),
    },
  ];
}
