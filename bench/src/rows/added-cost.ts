import type { ScenarioRun } from '../scenario.ts';
import { SIGNALS, type Signal } from '../signal.ts';
import { judge, type Line, type Row } from './row.ts';
import { nothingDelivered, scenarioRow, type ScenarioRuns } from './scenario-row.ts';

/** One part of so many of what upstream adds. */
export const ALLOWED_CPU_PART: Readonly<Record<Signal, number>> = { traces: 5, logs: 4 };
const ALLOWED_DELAY_MILLIS = 1;

/** What a processor costs the application where nothing is wrong. */
export function cpu(signal: Signal): Row {
  return scenarioRow({
    signal,
    name: 'cpu',
    title: `10 000 ${SIGNALS[signal].items}/s, fast collector: cost over a no-op processor`,
    variants: ['noop', 'upstream', 'spillway'],
    runs: 3,
    seconds: 8,
    scenario: (seconds) => ({
      // Compiling on other threads goes on for seconds, and would count as a cost of every item.
      load: { kind: 'paced', itemsPerSecond: 10_000, seconds, warmupSeconds: 5, tickMillis: 5 },
      faults: [],
    }),
    lines: (runs) => [addedCpu(signal, runs), addedDelay(runs)],
    problems: nothingDelivered,
  });
}

/** CPU of the whole process, user and system, all threads: collection of garbage and sending are part of it. */
function addedCpu(signal: Signal, runs: ScenarioRuns): Line {
  const part = ALLOWED_CPU_PART[signal];
  const added = addedOver(runs, cpuPerExportedItem);
  const noop = runs.medians(cpuPerExportedItem).noop;
  return {
    figure: `CPU added per exported ${SIGNALS[signal].item}`,
    unit: 'micros',
    ...(noop !== undefined && { noop }),
    ...added,
    target: `at most 1/${part} of upstream`,
    ...judge((upstream, spillway) => spillway <= upstream / part, added.upstream, added.spillway),
  };
}

function addedDelay(runs: ScenarioRuns): Line {
  const added = addedOver(runs, delayP99);
  const noop = runs.medians(delayP99).noop;
  return {
    figure: 'event-loop delay p99 added',
    unit: 'millis',
    ...(noop !== undefined && { noop }),
    ...added,
    target: 'at most 1 ms',
    ...judge((spillway) => spillway <= ALLOWED_DELAY_MILLIS, added.spillway),
  };
}

function addedOver(runs: ScenarioRuns, figureOf: (run: ScenarioRun) => number): { upstream?: number; spillway?: number } {
  const upstream = runs.medianAdded('upstream', figureOf);
  const spillway = runs.medianAdded('spillway', figureOf);
  return { ...(upstream !== undefined && { upstream }), ...(spillway !== undefined && { spillway }) };
}

function delayP99({ report }: ScenarioRun): number {
  return report.measured.eventLoopDelayMillis.p99;
}

function cpuPerExportedItem({ variant, report, accounting }: ScenarioRun): number {
  // A pipeline that loses half of the items must not look half as expensive. The no-op exports none by design.
  const exportedShare = variant === 'noop' ? 1 : accounting.delivered / accounting.made;
  return report.measured.cpuMicrosPerItem / exportedShare;
}
