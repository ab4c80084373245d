import { styleText } from 'node:util';
import type { LaneOutcome, Outcome, SignalOutcome } from './outcome.ts';
import { ITEMS, SIGNALS } from './signal.ts';
import { count, millis, reasons, size } from './view/number-text.ts';
import { type Column, tableOf } from './view/table.ts';

/** The width of the longest name plus two. */
const NAME_WIDTH = 15;
const ITEMS_WIDTH = Math.max(...SIGNALS.map((signal) => ITEMS[signal].length));
const MICROS_PER_SECOND = 1e6;

interface SignalRow {
  readonly label: string;
  readonly outcome: SignalOutcome;
}

const SIGNAL_COLUMNS: readonly Column<SignalRow>[] = [
  { heading: 'made', cell: ({ outcome }) => count(outcome.made) },
  { heading: 'delivered', cell: ({ outcome }) => count(outcome.delivered) },
  {
    heading: 'duplicated',
    cell: ({ outcome }) => (outcome.duplicated === undefined ? '-' : count(outcome.duplicated)),
  },
  {
    heading: 'lost',
    cell: ({ outcome }) => count(outcome.lost),
    style: ({ outcome }) => (outcome.lost === 0 ? 'green' : 'red'),
  },
];

const SERVICE_COLUMNS: readonly Column<LaneOutcome>[] = [
  { heading: 'requests', cell: ({ requests }) => count(requests) },
  { heading: 'CPU', cell: ({ cpuSeconds }) => `${cpuSeconds.toFixed(2)} s` },
  {
    heading: 'CPU a request',
    cell: ({ cpuSeconds, requests }) =>
      requests === 0 ? '-' : `${count((cpuSeconds * MICROS_PER_SECOND) / requests)} us`,
  },
  { heading: 'loop p99', cell: ({ loopDelayP99Millis }) => millis(loopDelayP99Millis) },
];

/** The report at the end of the demo: the tables, losses and their reasons, correlated log records, and the verdict. */
export function reportOf({ lanes, countedBy }: Outcome, objections: readonly string[]): string {
  const rows = lanes.flatMap(signalRowsOf);
  return [
    '',
    ...tableOf(rows, ({ label }) => label, SIGNAL_COLUMNS),
    '',
    ...tableOf(lanes, ({ name }) => name.padEnd(NAME_WIDTH), SERVICE_COLUMNS),
    '',
    'Lost, and why',
    ...rows.map(({ label, outcome }) => `  ${label}  ${lossOf(outcome)}`),
    ...correlationOf(lanes),
    ...lanes.flatMap(heldBy),
    countedBy === 'collector'
      ? 'Delivered: different ids that the collector counted. Lost: all the others. CPU: of the service, HTTP included.'
      : "Delivered: as Spillway's pipelines counted it. CPU: of the service, HTTP included.",
    '',
    verdict(lanes, objections),
  ].join('\n');
}

function signalRowsOf({ name, signals }: LaneOutcome): SignalRow[] {
  return SIGNALS.map((signal) => ({
    label: name.padEnd(NAME_WIDTH) + ITEMS[signal].padEnd(ITEMS_WIDTH),
    outcome: signals[signal],
  }));
}

function lossOf({ made, lost, lostByReason }: SignalOutcome): string {
  if (lost === 0) return 'nothing';
  return `${((100 * lost) / made).toFixed(1)} % of all: ${reasons(lostByReason)}`;
}

function correlationOf(lanes: readonly LaneOutcome[]): string[] {
  const lines = lanes.flatMap(({ name, signals, orphanedLogRecords }) => {
    if (orphanedLogRecords === undefined) return [];
    const { delivered } = signals.logs;
    return [`  ${name.padEnd(NAME_WIDTH)}${count(delivered - orphanedLogRecords)} of ${count(delivered)}`];
  });
  return lines.length === 0 ? [] : ['Delivered log records whose span was delivered too', ...lines];
}

function heldBy({ name, signals }: LaneOutcome): string[] {
  const most = SIGNALS.flatMap((signal) => {
    const { mostHeldBytes } = signals[signal];
    return mostHeldBytes === undefined ? [] : [`${size(mostHeldBytes)} of ${ITEMS[signal]}`];
  });
  return most.length === 0 ? [] : [`${name} held at most ${new Intl.ListFormat('en').format(most)} at a time.`];
}

function verdict(lanes: readonly LaneOutcome[], objections: readonly string[]): string {
  if (objections.length > 0)
    return objections.map((objection) => styleText(['red', 'bold'], `FAILED: ${objection}`)).join('\n');
  const checks = lanes.find(({ kind }) => kind === 'spillway')?.checks ?? 0;
  return styleText(
    ['green', 'bold'],
    `PASSED: Spillway lost no item of any signal, and its counters added up in all ${checks} checks.`,
  );
}
