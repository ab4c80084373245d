import type { Accounting } from '../accounting.ts';
import type { Variant } from '../application/protocol.ts';
import { runScenario, type Scenario, type ScenarioRun } from '../scenario.ts';
import { SIGNALS, type Signal } from '../signal.ts';
import { median, medianAbove } from '../statistics.ts';
import { judge, type Line, type Row, type RowResult } from './row.ts';

/** A row that runs a signal's pipelines under a load. */
export interface ScenarioRowDefinition {
  readonly signal: Signal;
  /** The name of the situation. The row's name has the signal's prefix before it. */
  readonly name: string;
  readonly title: string;
  readonly variants: readonly Variant[];
  /** Runs of each variant, unless the command line says otherwise. */
  readonly runs: number;
  /** Length of the load, unless the command line says otherwise. */
  readonly seconds: number;
  scenario(seconds: number): Scenario;
  lines(runs: ScenarioRuns): readonly Line[];
  /** Checks every run for more than the accounting; returns what is wrong. */
  problems?(run: ScenarioRun): readonly string[];
}

/** All runs of a row, by variant. */
export class ScenarioRuns {
  private readonly runs: readonly ScenarioRun[];

  constructor(runs: readonly ScenarioRun[]) {
    this.runs = runs;
  }

  of(variant: Variant): readonly ScenarioRun[] {
    return this.runs.filter((run) => run.variant === variant);
  }

  /** The median of a figure over the runs of each variant that ran. */
  medians(figureOf: (run: ScenarioRun) => number): Partial<Record<Variant, number>> {
    return this.summarize(figureOf, median);
  }

  /** The highest value of a figure over the runs of each variant that ran. */
  worst(figureOf: (run: ScenarioRun) => number): Partial<Record<Variant, number>> {
    return this.summarize(figureOf, (values) => Math.max(...values));
  }

  /** The median difference between a variant's figure and the no-op's in the same round. */
  medianAdded(variant: Variant, figureOf: (run: ScenarioRun) => number): number | undefined {
    return medianAbove(this.of(variant).map(figureOf), this.of('noop').map(figureOf));
  }

  private summarize(
    figureOf: (run: ScenarioRun) => number,
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

/** Makes a row from a definition. The variants take turns, round after round. */
export function scenarioRow(definition: ScenarioRowDefinition): Row {
  return {
    name: SIGNALS[definition.signal].rowPrefix + definition.name,
    signal: definition.signal,
    title: definition.title,
    async run(context): Promise<RowResult> {
      const scenario = definition.scenario(context.seconds ?? definition.seconds);
      const rounds = context.runs ?? definition.runs;
      const runs: { run: ScenarioRun; round: number }[] = [];
      for (let round = 1; round <= rounds; round++) {
        for (const variant of definition.variants) {
          if (!context.variants.includes(variant)) continue;
          context.progress(`${variant}, run ${round} of ${rounds}`);
          runs.push({ run: await runScenario(definition.signal, variant, scenario), round });
        }
      }
      return {
        lines: definition.lines(new ScenarioRuns(runs.map(({ run }) => run))),
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

/**
 * The share of the items made that the receiver does not have, and that were not sampled out. A single lost item in any run misses
 * the target.
 */
export function lostLine(runs: ScenarioRuns, target = '0 lost'): Line {
  const { upstream, spillway } = runs.worst(
    ({ accounting }) => (100 * (accounting.lost - sampledOut(accounting))) / accounting.made,
  );
  return {
    figure: 'lost',
    unit: 'percent',
    ...(upstream !== undefined && { upstream }),
    ...(spillway !== undefined && { spillway }),
    target,
    ...judge((share) => share === 0, spillway),
  };
}

/** The share of the items made that Spillway sampled out under load, and that the kept items count for. */
export function sampledOutLine(runs: ScenarioRuns): Line {
  const { spillway } = runs.worst(({ accounting }) => (100 * sampledOut(accounting)) / accounting.made);
  return {
    figure: 'sampled out under load, with adjusted counts',
    unit: 'percent',
    ...(spillway !== undefined && { spillway }),
  };
}

function sampledOut({ lostByReason }: Accounting): number {
  return lostByReason['sampled_out'] ?? 0;
}

/** A run in which nothing arrived proves nothing, however fast it was. */
export function nothingDelivered({ variant, accounting }: ScenarioRun): readonly string[] {
  return variant !== 'noop' && accounting.delivered === 0 ? ['nothing was delivered'] : [];
}
