import type { Fault } from '@spillway/test/collector';
import type { Scenario, ScenarioRun } from '../scenario.ts';
import { SIGNALS, type Signal } from '../signal.ts';
import { judge, type Row } from './row.ts';
import { lostLine, nothingDelivered, sampledOutLine, scenarioRow } from './scenario-row.ts';

const FAULT_STARTS_MILLIS = 1_000;
const FAULT_ENDS_MILLIS = 9_000;
const LOAD_SECONDS = 16;
/** Just before the end of the fault, when most items are held. */
const COUNT_AT_MILLIS = FAULT_ENDS_MILLIS - 250;
/** `maxQueueBytes`, which the row leaves at its default: 64 MiB. */
const QUEUE_LIMIT_MEGABYTES = 67.108864;
const BYTES_PER_MEGABYTE = 1e6;

/** A receiver that reports being unavailable. */
export function outage503(signal: Signal): Row {
  return scenarioRow({
    signal,
    name: 'outage-503',
    title: `2 000 ${SIGNALS[signal].items}/s, collector answers 503 for 8 s, then recovers`,
    variants: ['upstream', 'spillway'],
    runs: 1,
    seconds: LOAD_SECONDS,
    scenario: () => outage({ kind: 'status', code: 503 }),
    lines: (runs) => [lostLine(runs)],
    problems: nothingDelivered,
  });
}

/** The same over gRPC, with the load of the slow collectors. */
export const grpcOutage = scenarioRow({
  signal: 'traces over gRPC',
  name: 'outage',
  title: '10 000 spans/s, collector answers UNAVAILABLE for 8 s, then recovers',
  variants: ['upstream', 'spillway'],
  runs: 1,
  seconds: LOAD_SECONDS,
  scenario: () => outage({ kind: 'status', code: 503 }, 10_000),
  // More than half of a queue is under load, and then the default strategy samples.
  lines: (runs) => [lostLine(runs), sampledOutLine(runs)],
  problems: nothingDelivered,
});

/** A receiver that takes requests and never answers. */
export const hang = scenarioRow({
  signal: 'traces',
  name: 'hang',
  title: '2 000 spans/s, collector accepts and never answers for 8 s, then recovers',
  variants: ['upstream', 'spillway'],
  runs: 1,
  seconds: LOAD_SECONDS,
  scenario: () => ({ ...outage({ kind: 'hang' }), countLiveItemsAtMillis: [COUNT_AT_MILLIS] }),
  lines(runs) {
    const buffers = runs.medians(peakGrowth('external'));
    return [
      lostLine(runs),
      {
        figure: 'span objects alive during the hang',
        unit: 'spans',
        ...runs.medians(({ report }) => report.liveItems[0]?.items ?? Number.NaN),
      },
      { figure: 'memory added at the peak, resident', unit: 'megabytes', ...runs.medians(peakGrowth('rss')) },
      {
        figure: 'memory added at the peak, off the heap',
        unit: 'megabytes',
        ...buffers,
        target: 'within the limit of 64 MiB',
        ...judge((megabytes) => megabytes <= QUEUE_LIMIT_MEGABYTES, buffers.spillway),
      },
    ];
  },
  problems: nothingDelivered,
});

function outage(fault: Fault, itemsPerSecond = 2_000): Scenario {
  return {
    load: { kind: 'paced', itemsPerSecond, seconds: LOAD_SECONDS, warmupSeconds: 0, tickMillis: 5 },
    faults: [
      { atMillis: FAULT_STARTS_MILLIS, fault },
      { atMillis: FAULT_ENDS_MILLIS, fault: undefined },
    ],
  };
}

function peakGrowth(kind: 'rss' | 'external'): (run: ScenarioRun) => number {
  return ({ report: { memory } }) => (memory.peak[kind] - memory.before[kind]) / BYTES_PER_MEGABYTE;
}
