import type { Variant } from '../application/protocol.ts';
import { runSpanScenario, type SpanRun, type SpanScenario } from '../span-scenario.ts';
import { median } from '../statistics.ts';
import { judge, type Line, type Row, type RowResult } from './row.ts';

/** A row that runs span pipelines under a load. */
export interface SpanRowDefinition {
  readonly name: string;
  readonly title: string;
  readonly variants: readonly Variant[];
  /** Runs of each variant, unless the command line says otherwise. */
  readonly runs: number;
  /** Length of the load, unless the command line says otherwise. */
  readonly seconds: number;
  scenario(seconds: number): SpanScenario;
  lines(runs: SpanRuns): readonly Line[];
  /** What this row expects of every run beside the accounting; returns what is wrong. */
  problems?(run: SpanRun): readonly string[];
}

/** All runs of a row, by variant. */
export class SpanRuns {
  private readonly runs: readonly SpanRun[];

  constructor(runs: readonly SpanRun[]) {
    this.runs = runs;
  }

  of(variant: Variant): readonly SpanRun[] {
    return this.runs.filter((run) => run.variant === variant);
  }

  /** The median of a figure over the runs of each variant that ran. */
  medians(figureOf: (run: SpanRun) => number): Partial<Record<Variant, number>> {
    return this.summarize(figureOf, median);
  }

  /** The highest of a figure over the runs of each variant that ran. */
  worst(figureOf: (run: SpanRun) => number): Partial<Record<Variant, number>> {
    return this.summarize(figureOf, (values) => Math.max(...values));
  }

  /** The median of what a variant's figure has above the no-op's in the same round, so that a slow minute hits both. */
  medianAdded(variant: Variant, figureOf: (run: SpanRun) => number): number | undefined {
    const noop = this.of('noop');
    const added = this.of(variant).flatMap((run, round) => {
      const base = noop[round];
      return base === undefined ? [] : [figureOf(run) - figureOf(base)];
    });
    return added.length === 0 ? undefined : median(added);
  }

  private summarize(
    figureOf: (run: SpanRun) => number,
    summary: (values: readonly number[]) => number,
  ): Partial<Record<Variant, number>> {
    return Object.fromEntries(
      [...new Set(this.runs.map((run) => run.variant))].map((variant) => [
        variant,
        summary(this.of(variant).map(figureOf)),
      ]),
    );
  }
}

/** Makes a row of a definition. The variants take turns, round after round. */
export function spanRow(definition: SpanRowDefinition): Row {
  return {
    name: definition.name,
    title: definition.title,
    async run(context): Promise<RowResult> {
      const scenario = definition.scenario(context.seconds ?? definition.seconds);
      const rounds = context.runs ?? definition.runs;
      const runs: { run: SpanRun; round: number }[] = [];
      for (let round = 1; round <= rounds; round++) {
        for (const variant of definition.variants) {
          if (!context.variants.includes(variant)) continue;
          context.progress(`${variant}, run ${round} of ${rounds}`);
          runs.push({ run: await runSpanScenario(variant, scenario), round });
        }
      }
      return {
        lines: definition.lines(new SpanRuns(runs.map(({ run }) => run))),
        runs: runs.map(({ run: { variant, report, accounting }, round }) => {
          const { samples: _, ...figures } = report;
          return { variant, run: round, figures: { ...figures, accounting } };
        }),
        samples: runs.map(({ run: { variant, report, receiverSamples }, round }) => ({
          variant,
          run: round,
          application: report.samples,
          receiver: receiverSamples,
        })),
        problems: runs.flatMap(({ run, round }) =>
          [...run.accounting.problems, ...(definition.problems?.(run) ?? [])].map(
            (problem) => `${run.variant}, run ${round}: ${problem}`,
          ),
        ),
      };
    },
  };
}

/** The share of the spans made that the receiver does not have; one lost span in any run misses the target. */
export function lostLine(runs: SpanRuns, target = '0 lost'): Line {
  const { upstream, spillway } = runs.worst(({ accounting }) => (100 * accounting.lost) / accounting.made);
  return {
    figure: 'lost',
    unit: 'percent',
    ...(upstream !== undefined && { upstream }),
    ...(spillway !== undefined && { spillway }),
    target,
    ...judge((share) => share === 0, spillway),
  };
}

/** A run in which nothing arrived proves nothing, however fast it was. */
export function nothingDelivered({ variant, accounting }: SpanRun): readonly string[] {
  return variant !== 'noop' && accounting.delivered === 0 ? ['nothing was delivered'] : [];
}
