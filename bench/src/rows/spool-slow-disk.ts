import type { Variant } from '../application/protocol.ts';
import { runScenario, type Scenario, type ScenarioRun } from '../scenario.ts';
import { median, medianAbove } from '../statistics.ts';
import { judge, type Line, type Row } from './row.ts';

const RUNS = 3;
const SECONDS = 8;
/** The spool gets everything after 10 s without an answer, and what is above the high watermark before that. */
const WARM_UP_SECONDS = 11;
const ALLOWED_DELAY_MILLIS = 1;
/** So twenty writes a second at most, each with all that has come meanwhile. */
const SLOW_DISK_MILLIS = 50;

interface Way {
  readonly name: 'no-op' | 'without a spool' | 'spool on a slow disk';
  readonly variant: Variant;
  readonly slowDiskMillis?: number;
}

/** In turn, round after round. */
const WAYS: readonly Way[] = [
  { name: 'no-op', variant: 'noop' },
  { name: 'without a spool', variant: 'spillway' },
  { name: 'spool on a slow disk', variant: 'spillway', slowDiskMillis: SLOW_DISK_MILLIS },
];

/** Whether the event loop feels a slow disk while everything goes there. */
export const spoolSlowDisk: Row = {
  name: 'spool-slow-disk',
  signal: 'traces',
  title: '10 000 spans/s, collector answers 503, each write of the spool takes 50 ms',
  async run({ runs: rounds = RUNS, seconds = SECONDS, variants, progress }) {
    const runs: { readonly way: Way; readonly round: number; readonly run: ScenarioRun }[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      for (const way of WAYS) {
        if (!variants.includes(way.variant)) continue;
        progress(`${way.name}, run ${round} of ${rounds}`);
        runs.push({ way, round, run: await runScenario('traces', way.variant, scenarioOf(way, seconds)) });
      }
    }
    const delays = (name: Way['name']) =>
      runs.filter(({ way }) => way.name === name).map(({ run }) => run.report.measured.eventLoopDelayMillis.p99);
    const noop = median(delays('no-op'));
    return {
      lines: WAYS.slice(1).map(({ name }) => addedLine(name, noop, medianAbove(delays(name), delays('no-op')))),
      runs: runs.map(({ way, round, run: { variant, report, accounting } }) => {
        const { samples: _, ...figures } = report;
        return { variant, run: round, figures: { way: way.name, ...figures, accounting } };
      }),
      samples: [],
      problems: runs.flatMap(({ way, round, run }) =>
        [...run.accounting.problems, ...problemsOf(way, run)].map((problem) => `${way.name}, run ${round}: ${problem}`),
      ),
    };
  },
};

function scenarioOf({ slowDiskMillis }: Way, seconds: number): Scenario {
  return {
    load: { kind: 'paced', itemsPerSecond: 10_000, seconds, warmupSeconds: WARM_UP_SECONDS, tickMillis: 5 },
    faults: [{ atMillis: 0, fault: { kind: 'status', code: 503 } }],
    // Nothing is delivered in this row, so there is nothing to wait for at its end.
    processorOptions: { spillway: { drainTimeoutMillis: 500 } },
    ...(slowDiskMillis !== undefined && { slowDiskMillis }),
  };
}

/** A spool that got nothing, or that lost something, would prove nothing. */
function problemsOf({ name }: Way, { accounting: { made, lostByReason } }: ScenarioRun): readonly string[] {
  if (name !== 'spool on a slow disk') return [];
  const { spilled = 0, ...lost } = lostByReason;
  return [
    ...(spilled < 0.9 * made ? [`the spool has only ${spilled} of ${made} spans`] : []),
    ...(Object.keys(lost).length > 0 ? [`spans were lost: ${JSON.stringify(lost)}`] : []),
  ];
}

function addedLine(name: Way['name'], noop: number, added: number | undefined): Line {
  return {
    figure: `event-loop delay p99 added, ${name}`,
    unit: 'millis',
    noop,
    ...(added !== undefined && { spillway: added }),
    target: `at most ${ALLOWED_DELAY_MILLIS} ms`,
    ...judge((millis) => millis <= ALLOWED_DELAY_MILLIS, added),
  };
}
