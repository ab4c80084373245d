import type { SpanRun } from '../span-scenario.ts';
import { judge, type Line } from './row.ts';
import { nothingDelivered, spanRow, type SpanRuns } from './span-row.ts';

const ALLOWED_CPU_SHARE = 1 / 5;
const ALLOWED_DELAY_MILLIS = 1;

/** What a processor costs the application where nothing is wrong. */
export const cpu = spanRow({
  name: 'cpu',
  title: '10 000 spans/s, fast collector: cost over a no-op processor',
  variants: ['noop', 'upstream', 'spillway'],
  runs: 3,
  seconds: 8,
  scenario: (seconds) => ({
    // Compiling on other threads goes on for seconds, and would count as a cost of every span.
    load: { kind: 'paced', spansPerSecond: 10_000, seconds, warmupSeconds: 5, tickMillis: 5 },
    faults: [],
  }),
  lines: (runs) => [addedCpu(runs), addedDelay(runs)],
  problems: nothingDelivered,
});

/** CPU of the whole process, user and system, all threads: collection of garbage and sending are part of it. */
function addedCpu(runs: SpanRuns): Line {
  const added = addedOver(runs, cpuPerExportedSpan);
  const noop = runs.medians(cpuPerExportedSpan).noop;
  return {
    figure: 'CPU added per exported span',
    unit: 'micros',
    ...(noop !== undefined && { noop }),
    ...added,
    target: 'at most 1/5 of upstream',
    ...judge((upstream, spillway) => spillway <= ALLOWED_CPU_SHARE * upstream, added.upstream, added.spillway),
  };
}

function addedDelay(runs: SpanRuns): Line {
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

function addedOver(runs: SpanRuns, figureOf: (run: SpanRun) => number): { upstream?: number; spillway?: number } {
  const upstream = runs.medianAdded('upstream', figureOf);
  const spillway = runs.medianAdded('spillway', figureOf);
  return { ...(upstream !== undefined && { upstream }), ...(spillway !== undefined && { spillway }) };
}

function delayP99({ report }: SpanRun): number {
  return report.measured.eventLoopDelayMillis.p99;
}

function cpuPerExportedSpan({ variant, report, accounting }: SpanRun): number {
  // A pipeline that loses half of the spans must not look half as expensive. The no-op exports none by design.
  const exportedShare = variant === 'noop' ? 1 : accounting.delivered / accounting.made;
  return report.measured.cpuMicrosPerSpan / exportedShare;
}
