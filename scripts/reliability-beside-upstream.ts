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
import { OUTAGE_FORMS, type OutageForm, RESTARTED, UNAVAILABLE } from '../test/reliability/outage-forms.ts';
import {
  measureOutages,
  type Outage,
  outageProblems,
  percentile95,
  type OutageLengths,
} from '../test/reliability/outages.ts';
import type { Wire } from '../test/faults/wire.ts';

const SIGNALS = ['traces', 'logs'] as const;
const MAKES = ['ours', 'upstream'] as const;
const ITEMS: Readonly<Record<EventSignal, string>> = { traces: 'spans', logs: 'log records' };
const MAKE_NAMES: Readonly<Record<Make, string>> = { ours: 'Spillway', upstream: 'upstream' };
const NOTHING = '';

const FAULT_HEAD = [
  [
    'fault',
    'wire',
    'signal',
    'delivered of made',
    'upstream: delivered of made',
    'lost',
    'requests a second',
    'upstream: requests a second',
    'recovered in',
  ],
  ['---', '---', '---', '--:', '--:', '---', '--:', '--:', '--:'],
];
const OUTAGE_HEAD = [
  ['outage', 'wire', 'signal that was', 'median', '95th percentile', 'worst'],
  ['---', '---', '---', '--:', '--:', '--:'],
];
const TWO_SIGNALS_HEAD = [['pipelines', ...(OUTAGE_HEAD[0] ?? []).slice(1)], OUTAGE_HEAD[1] ?? []];
const NAME_HEAD = [
  ['telemetry', 'wire', 'look-ups', 'answered', 'longest', '`process.exit()` took'],
  ['---', '---', '--:', '--:', '--:', '--:'],
];
const SILENT_NAME_MILLIS = 12_000;

/** A table, and the measurements that are not as they should be. */
export interface MeasuredTable {
  readonly text: string;
  readonly problems: readonly string[];
}

interface Compared {
  readonly fault: ReliabilityFault;
  readonly wire: Wire;
  readonly ours: readonly FaultOutcome[];
  readonly upstream: readonly UpstreamOutcome[];
}

/** Every fault that is also measured for upstream's pipeline. */
export async function faultsBesideUpstream(wires: readonly Wire[]): Promise<MeasuredTable> {
  const compared: Compared[] = [];
  for (const wire of wires) {
    // These mostly wait, so they run concurrently. A fault that must be logged needs the process's logger for itself.
    const quiet = FAULTS_BESIDE_UPSTREAM.filter(({ line }) => line === undefined);
    compared.push(...(await Promise.all(quiet.map((fault) => compare(fault, wire)))));
    for (const fault of FAULTS_BESIDE_UPSTREAM.filter(({ line }) => line !== undefined))
      compared.push(await compare(fault, wire));
  }
  const rows = FAULTS_BESIDE_UPSTREAM.flatMap(({ name }) =>
    compared.filter(({ fault }) => fault.name === name).flatMap(faultRows),
  );
  const [huge, shared] = [await hugeItems(), await sharedBudgets(wires)];
  return {
    text: markdownTable([...FAULT_HEAD, ...withoutRepetition([...rows, ...huge.rows, ...shared.rows])]),
    problems: [
      ...compared.flatMap(({ wire, ours }) =>
        ours.flatMap(({ fault, signal, problems }) =>
          problems.map((problem) => `${fault} (${wire}, ${signal}): ${problem}`),
        ),
      ),
      ...huge.problems,
      ...shared.problems,
    ],
  };
}

/** Two signals of one process, after outages of random length, in each form. */
export async function outages(wires: readonly Wire[], lengths: OutageLengths): Promise<MeasuredTable> {
  const measured: Rows[] = [];
  for (const form of OUTAGE_FORMS) {
    for (const wire of wires.filter((one) => form.wires.includes(one))) {
      measured.push(await outagesOf(form, wire, lengths));
      console.error(`${form.name} (${wire})`);
    }
  }
  const { rows, problems } = joined(measured);
  return {
    text: `${markdownTable([...OUTAGE_HEAD, ...withoutRepetition(rows)])}\n\n${lengthsText(lengths)}.`,
    problems,
  };
}

async function outagesOf(form: OutageForm, wire: Wire, lengths: OutageLengths): Promise<Rows> {
  const found = await measureOutages('ours', wire, [form], lengths);
  return {
    rows: outageRows([form.name, wire], found),
    problems: outageProblems(found).map((problem) => `${form.name} (${wire}): ${problem}`),
  };
}

/** Beside upstream's. */
export async function twoSignals(wires: readonly Wire[], lengths: OutageLengths): Promise<MeasuredTable> {
  const measured: Rows[] = [];
  for (const make of MAKES) {
    for (const wire of wires) {
      const found = await measureOutages(make, wire, [RESTARTED, UNAVAILABLE], lengths);
      measured.push({
        rows: outageRows([MAKE_NAMES[make], wire], found),
        problems: make === 'ours' ? outageProblems(found).map((problem) => `${wire}: ${problem}`) : [],
      });
      console.error(`two signals, ${MAKE_NAMES[make]} (${wire})`);
    }
  }
  const { rows, problems } = joined(measured);
  return {
    text: `${markdownTable([...TWO_SIGNALS_HEAD, ...withoutRepetition(rows)])}\n\n${lengthsText(lengths)}: the collector is gone, or answers 503 or \`UNAVAILABLE\`, in turn.`,
    problems,
  };
}

/** A name server that does not answer for the collector's name. */
export async function silentName(wires: readonly Wire[]): Promise<MeasuredTable | undefined> {
  if (!(await canHaveNameServer())) return undefined;
  const rows: string[][] = [];
  const problems: string[] = [];
  for (const make of MAKES) {
    const outcomes = await Promise.all(wires.map((wire) => measureSilentName(make, wire, SILENT_NAME_MILLIS)));
    for (const [index, outcome] of outcomes.entries()) {
      const wire = wires[index] ?? 'HTTP';
      rows.push(nameRow(make, wire, outcome));
      if (make === 'ours') problems.push(...exitProblems(outcome).map((problem) => `${wire}: ${problem}`));
    }
  }
  return { text: markdownTable([...NAME_HEAD, ...withoutRepetition(rows)]), problems };
}

async function compare(fault: ReliabilityFault, wire: Wire): Promise<Compared> {
  const [ours, upstream] = await Promise.all([
    measureFault(fault, TABLE_PACE, wire),
    measureUpstream(fault, TABLE_PACE, wire),
  ]);
  console.error(`${fault.name} (${wire})`);
  return { fault, wire, ours, upstream };
}

function faultRows({ fault, wire, ours, upstream }: Compared): string[][] {
  const hasRequests = fault.mostRequestsASecond !== undefined;
  return ours.map(({ signal, made, delivered, lost, requestsASecond, recoveryMillis }, index) => {
    const other = upstream[index];
    return [
      fault.name,
      wire,
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

/** Leaves out what the row above says as well, in the first column, and in the second below the same first one. */
function withoutRepetition(rows: readonly (readonly string[])[]): string[][] {
  return rows.map((row, index) => {
    const before = rows[index - 1];
    const same = before?.[0] !== row[0] ? 0 : before?.[1] !== row[1] ? 1 : 2;
    return row.map((cell, column) => (column < same ? NOTHING : cell));
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
  for (const signal of SIGNALS) {
    const [ours, upstream] = [
      await measureHugeItem(signal, HUGE_ITEM),
      await measureHugeItemUpstream(signal, HUGE_ITEM),
    ];
    found.push({
      rows: [
        [
          name,
          'either',
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

async function sharedBudgets(wires: readonly Wire[]): Promise<Rows> {
  const name = 'Another pipeline, whose collector is gone, fills the `MemoryBudget` that both share';
  const measured = await Promise.all(
    wires.flatMap((wire) =>
      SIGNALS.map(async (signal) => {
        const [ours, upstream] = await Promise.all([
          measureSharedBudget(signal, wire),
          measureSharedBudgetUpstream(signal, wire),
        ]);
        return { wire, ours, upstream };
      }),
    ),
  );
  return joined(
    measured.map(({ wire, ours, upstream }) => ({
      rows: [
        [
          name,
          wire,
          ITEMS[ours.signal],
          ofMade(ours.delivered, ours.made),
          ofMade(upstream.delivered, upstream.made),
          lostText(ours.lost),
          NOTHING,
          NOTHING,
          NOTHING,
        ],
      ],
      problems: ours.problems.map((problem) => `a shared budget (${wire}, ${ours.signal}): ${problem}`),
    })),
  );
}

function joined(found: readonly Rows[]): Rows {
  return { rows: found.flatMap(({ rows }) => rows), problems: found.flatMap(({ problems }) => problems) };
}

function outageRows(head: readonly [string, Wire], found: readonly Outage[]): string[][] {
  return (
    [
      ['first', 'earlierMillis'],
      ['last', 'laterMillis'],
    ] as const
  ).map(([which, field]) => {
    const millis = found.map((outage) => outage[field]);
    return [
      ...head,
      which,
      ...[median(millis), percentile95(millis), Math.max(...millis)].map((value) => `${(value / 1_000).toFixed(1)} s`),
    ];
  });
}

function lengthsText({ count, shortestMillis, longestMillis, seed }: OutageLengths): string {
  return `${count} outages of ${shortestMillis / 1_000} to ${longestMillis / 1_000} s each (seed ${seed})`;
}

function nameRow(make: Make, wire: Wire, { asked, answered, longestMillis, exitMillis }: SilentNameOutcome): string[] {
  return [
    MAKE_NAMES[make],
    wire,
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
