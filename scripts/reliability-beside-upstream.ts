// The tables of `npm run reliability` that compare Spillway's pipelines with upstream's.
import { grouped } from '../bench/src/report/figure-text.ts';
import { markdownTable } from '../bench/src/report/markdown-table.ts';
import { median } from '../bench/src/statistics.ts';
import type { EventSignal } from '../test/collector/src/index.ts';
import type { FaultOutcome } from '../test/reliability/fault-outcome.ts';
import { FAULTS_BESIDE_UPSTREAM } from '../test/reliability/faults-beside-upstream.ts';
import { HUGE_ITEM, measureHugeItem, measureHugeItemUpstream } from '../test/reliability/huge-item.ts';
import type { Make } from '../test/reliability/make.ts';
import { measureFault } from '../test/reliability/measure-fault.ts';
import { measureUpstream, type UpstreamOutcome } from '../test/reliability/measure-upstream.ts';
import { TABLE_PACE } from '../test/reliability/pace.ts';
import type { ReliabilityFault } from '../test/reliability/reliability-fault.ts';
import { measureSharedBudget, measureSharedBudgetUpstream } from '../test/reliability/shared-budget.ts';
import {
  canHaveNameServer,
  exitProblems,
  measureSilentName,
  type SilentNameOutcome,
} from '../test/reliability/silent-names/silent-names.ts';
import {
  measureOutages,
  outageProblems,
  percentile95,
  type OutageLengths,
  type TwoSignalOutage,
} from '../test/reliability/two-signals.ts';

const SIGNALS = ['traces', 'logs'] as const;
const MAKES = ['ours', 'upstream'] as const;
const ITEMS: Readonly<Record<EventSignal, string>> = { traces: 'spans', logs: 'log records' };
const MAKE_NAMES: Readonly<Record<Make, string>> = { ours: 'Spillway', upstream: 'upstream' };
const NOTHING = '';

const FAULT_HEAD = [
  [
    'fault',
    'signal',
    'delivered of made',
    'upstream: delivered of made',
    'lost',
    'requests a second',
    'upstream: requests a second',
    'recovered in',
  ],
  ['---', '---', '--:', '--:', '---', '--:', '--:', '--:'],
];
const OUTAGE_HEAD = [
  ['pipelines', 'signal that was', 'median', '95th percentile', 'worst'],
  ['---', '---', '--:', '--:', '--:'],
];
const NAME_HEAD = [
  ['telemetry', 'look-ups', 'answered', 'longest', '`process.exit()` took'],
  ['---', '--:', '--:', '--:', '--:'],
];
const SILENT_NAME_MILLIS = 12_000;

/** A table, and the measurements that are not as they should be. */
export interface MeasuredTable {
  readonly text: string;
  readonly problems: readonly string[];
}

interface Compared {
  readonly fault: ReliabilityFault;
  readonly ours: readonly FaultOutcome[];
  readonly upstream: readonly UpstreamOutcome[];
}

/** Every fault that is also measured for upstream's pipeline. */
export async function faultsBesideUpstream(): Promise<MeasuredTable> {
  // These mostly wait, so they run concurrently. A fault that must be logged needs the process's logger for itself.
  const quiet = await Promise.all(FAULTS_BESIDE_UPSTREAM.filter(({ line }) => line === undefined).map(compare));
  const logged: Compared[] = [];
  for (const fault of FAULTS_BESIDE_UPSTREAM.filter(({ line }) => line !== undefined))
    logged.push(await compare(fault));
  const compared = [...quiet, ...logged];
  const [huge, shared] = [await hugeItems(), await sharedBudgets()];
  return {
    text: markdownTable([...FAULT_HEAD, ...compared.flatMap(faultRows), ...huge.rows, ...shared.rows]),
    problems: [
      ...compared.flatMap(({ ours }) =>
        ours.flatMap(({ fault, signal, problems }) => problems.map((problem) => `${fault} (${signal}): ${problem}`)),
      ),
      ...huge.problems,
      ...shared.problems,
    ],
  };
}

/** Two signals of one process, after outages of random length. */
export async function twoSignals(lengths: OutageLengths): Promise<MeasuredTable> {
  const [ours, upstream] = [await measureOutages('ours', lengths), await measureOutages('upstream', lengths)];
  const { count, shortestMillis, longestMillis } = lengths;
  return {
    text: `${markdownTable([...OUTAGE_HEAD, ...outageRows('ours', ours), ...outageRows('upstream', upstream)])}\n\n${count} outages of ${shortestMillis / 1_000} to ${longestMillis / 1_000} s: the collector is gone, or answers 503, in turn.`,
    problems: outageProblems(ours),
  };
}

/** A name server that does not answer for the collector's name. */
export async function silentName(): Promise<MeasuredTable | undefined> {
  if (!(await canHaveNameServer())) return undefined;
  const outcomes = await Promise.all(MAKES.map((make) => measureSilentName(make, SILENT_NAME_MILLIS)));
  const [ours] = outcomes;
  return {
    text: markdownTable([...NAME_HEAD, ...outcomes.map((outcome, index) => nameRow(MAKES[index] ?? 'ours', outcome))]),
    problems: ours === undefined ? [] : exitProblems(ours),
  };
}

async function compare(fault: ReliabilityFault): Promise<Compared> {
  const [ours, upstream] = await Promise.all([measureFault(fault, TABLE_PACE), measureUpstream(fault, TABLE_PACE)]);
  console.error(fault.name);
  return { fault, ours, upstream };
}

function faultRows({ fault, ours, upstream }: Compared): string[][] {
  const hasRequests = fault.mostRequestsASecond !== undefined;
  return ours.map(({ signal, made, delivered, lost, requestsASecond, recoveryMillis }, index) => {
    const other = upstream[index];
    return [
      index === 0 ? fault.name : '',
      ITEMS[signal],
      ofMade(delivered, made),
      other === undefined ? NOTHING : ofMade(other.delivered, other.made),
      lostText(lost),
      hasRequests ? requestsASecond.toFixed(1) : NOTHING,
      hasRequests && other !== undefined ? other.requestsASecond.toFixed(1) : NOTHING,
      Number.isFinite(recoveryMillis) ? `${(recoveryMillis / 1_000).toFixed(1)} s` : 'not',
    ];
  });
}

interface Rows {
  readonly rows: readonly string[][];
  readonly problems: readonly string[];
}

/** Measures one after the other, because each takes some hundred megabytes. */
async function hugeItems(): Promise<Rows> {
  const name = `An item of ${HUGE_ITEM.hugeBytes / 1_000_000} MB is added to ${grouped(HUGE_ITEM.held)} small ones (the figures are of the others)`;
  const found: Rows[] = [];
  for (const [index, signal] of SIGNALS.entries()) {
    const [ours, upstream] = [
      await measureHugeItem(signal, HUGE_ITEM),
      await measureHugeItemUpstream(signal, HUGE_ITEM),
    ];
    found.push({
      rows: [
        [
          index === 0 ? name : '',
          ITEMS[signal],
          ofMade(ours.delivered, ours.others),
          ofMade(upstream.delivered, upstream.others),
          lostText(ours.lost),
          NOTHING,
          NOTHING,
          NOTHING,
        ],
      ],
      problems: ours.problems.map((problem) => `a huge item (${signal}): ${problem}`),
    });
  }
  return joined(found);
}

async function sharedBudgets(): Promise<Rows> {
  const name = 'Another pipeline, whose collector is gone, fills the `MemoryBudget` that both share';
  const measured = await Promise.all(
    SIGNALS.map((signal) => Promise.all([measureSharedBudget(signal), measureSharedBudgetUpstream(signal)])),
  );
  return joined(
    measured.map(([ours, upstream], index) => ({
      rows: [
        [
          index === 0 ? name : '',
          ITEMS[ours.signal],
          ofMade(ours.delivered, ours.made),
          ofMade(upstream.delivered, upstream.made),
          lostText(ours.lost),
          NOTHING,
          NOTHING,
          NOTHING,
        ],
      ],
      problems: ours.problems.map((problem) => `a shared budget (${ours.signal}): ${problem}`),
    })),
  );
}

function joined(found: readonly Rows[]): Rows {
  return { rows: found.flatMap(({ rows }) => rows), problems: found.flatMap(({ problems }) => problems) };
}

function outageRows(make: Make, outages: readonly TwoSignalOutage[]): string[][] {
  return (
    [
      ['first', 'earlierMillis'],
      ['last', 'laterMillis'],
    ] as const
  ).map(([which, field], index) => {
    const millis = outages.map((outage) => outage[field]);
    return [
      index === 0 ? MAKE_NAMES[make] : '',
      which,
      ...[median(millis), percentile95(millis), Math.max(...millis)].map((value) => `${(value / 1_000).toFixed(1)} s`),
    ];
  });
}

function nameRow(make: Make, { asked, answered, longestMillis, exitMillis }: SilentNameOutcome): string[] {
  return [
    MAKE_NAMES[make],
    grouped(asked),
    grouped(answered),
    `${Math.round(longestMillis)} ms`,
    `${(exitMillis / 1_000).toFixed(1)} s`,
  ];
}

function ofMade(delivered: number, made: number): string {
  return `${grouped(delivered)} of ${grouped(made)}`;
}

function lostText(lost: ReadonlyMap<string, number>): string {
  return [...lost].map(([reason, count]) => `${grouped(count)} \`${reason}\``).join(', ') || '0';
}
