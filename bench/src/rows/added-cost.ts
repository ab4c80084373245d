import type { ScenarioRun } from '../scenario.ts';
import { SIGNALS, type Signal } from '../signal.ts';
import { judge, type Line, type Row } from './row.ts';
import { nothingDelivered, scenarioRow, type ScenarioRuns } from './scenario-row.ts';

/** Spillway may add at most 1 / this of the CPU that upstream adds. */
const ALLOWED_CPU_PART: Readonly<Record<Signal, number>> = {
  traces: 5,
  'traces over gRPC': 4,
  logs: 4,
};
const ALLOWED_DELAY_MILLIS = 1;

/** The cost of a processor for an application without any faults. */
export function cpu(signal: Signal): Row {
  return scenarioRow({
    signal,
    name: 'cpu',
    title: `10 000 ${SIGNALS[signal].items}/s, fast collector: cost over a no-op processor`,
    variants: ['noop', 'upstream', 'spillway'],
    runs: 3,
    seconds: 8,
    scenario: (seconds) => ({
      // Compiling on other threads goes on for seconds and would count as a cost of every item.
      load: { kind: 'paced', itemsPerSecond: 10_000, seconds, warmupSeconds: 5, tickMillis: 5 },
      faults: [],
    }),
    lines: (runs) => [addedCpuLine(signal, addedFigures(runs, cpuPerExportedItem)), addedDelay(runs)],
    problems: nothingDelivered,
  });
}

/** The no-op's figure, and the difference of the others from it; absent if a variant did not run. */
type AddedFigures = Pick<Line, 'noop' | 'upstream' | 'spillway'>;

/** CPU of the whole process, user and system, all threads, so garbage collection and sending are included. */
export function addedCpuLine(signal: Signal, figures: AddedFigures): Line {
  const part = ALLOWED_CPU_PART[signal];
  return {
    figure: `CPU added per exported ${SIGNALS[signal].item}`,
    unit: 'micros',
    ...figures,
    target: `at most 1/${part} of upstream`,
    ...judge((upstream, spillway) => spillway <= upstream / part, figures.upstream, figures.spillway),
  };
}

function addedDelay(runs: ScenarioRuns): Line {
  const figures = addedFigures(runs, delayP99);
  return {
    figure: 'event-loop delay p99 added',
    unit: 'millis',
    ...figures,
    target: 'at most 1 ms',
    ...judge((spillway) => spillway <= ALLOWED_DELAY_MILLIS, figures.spillway),
  };
}

function addedFigures(runs: ScenarioRuns, figureOf: (run: ScenarioRun) => number): AddedFigures {
  const { noop } = runs.medians(figureOf);
  const upstream = runs.medianAdded('upstream', figureOf);
  const spillway = runs.medianAdded('spillway', figureOf);
  return {
    ...(noop !== undefined && { noop }),
    ...(upstream !== undefined && { upstream }),
    ...(spillway !== undefined && { spillway }),
  };
}

function delayP99({ report }: ScenarioRun): number {
  return report.measured.eventLoopDelayMillis.p99;
}

function cpuPerExportedItem({ variant, report, accounting }: ScenarioRun): number {
  // A pipeline that loses half of the items must not look half as expensive. The no-op exports none by design.
  const exportedShare = variant === 'noop' ? 1 : accounting.delivered / accounting.made;
  return report.measured.cpuMicrosPerItem / exportedShare;
}
