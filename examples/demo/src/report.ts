import { styleText } from 'node:util';
import type { LaneOutcome, Outcome } from './outcome.ts';
import { count, megabytes, millis, reasons } from './view/number-text.ts';

interface Column {
  readonly heading: string;
  readonly cell: (lane: LaneOutcome) => string;
}

const NAME_WIDTH = 14;
const GAP = 2;
const COLUMNS: readonly Column[] = [
  { heading: 'requests', cell: ({ requests }) => count(requests) },
  { heading: 'made', cell: ({ made }) => count(made) },
  { heading: 'delivered', cell: ({ delivered }) => count(delivered) },
  { heading: 'duplicated', cell: ({ duplicated }) => (duplicated === undefined ? '-' : count(duplicated)) },
  { heading: 'lost', cell: ({ lost }) => count(lost) },
  { heading: 'CPU', cell: ({ cpuSeconds }) => `${cpuSeconds.toFixed(2)} s` },
  { heading: 'loop p99', cell: ({ loopDelayP99Millis }) => millis(loopDelayP99Millis) },
];
const MICROS_PER_SECOND = 1e6;

/** The end of the demo, as text: the table, what was lost and why, and the verdict. */
export function reportOf({ lanes, countedBy }: Outcome, objections: readonly string[]): string {
  return [
    '',
    ...tableOf(lanes),
    '',
    'Lost, and why',
    ...lanes.map((lane) => `  ${lane.name.padEnd(NAME_WIDTH)}${lossOf(lane)}`),
    'CPU of the service, HTTP included',
    ...lanes.map((lane) => `  ${lane.name.padEnd(NAME_WIDTH)}${costOf(lane)}`),
    ...lanes.filter(({ mostHeldBytes }) => mostHeldBytes !== undefined).map(heldBy),
    countedBy === 'collector'
      ? 'Delivered: different span ids that the collector counted. Lost: all the others.'
      : "Delivered: as Spillway's processor counted it.",
    '',
    verdict(lanes, objections),
  ].join('\n');
}

function tableOf(lanes: readonly LaneOutcome[]): string[] {
  const columns = COLUMNS.map(({ heading, cell }) => {
    const cells = lanes.map(cell);
    const width = GAP + Math.max(...[heading, ...cells].map((text) => text.length));
    return { heading, width, cells };
  });
  const headings = columns.map(({ heading, width }) => heading.padStart(width));
  const rows = lanes.map(({ name, lost }, row) => {
    const cells = columns.map(({ heading, width, cells: texts }) => {
      const text = texts[row]!.padStart(width);
      return heading === 'lost' ? styleText(lost === 0 ? 'green' : 'red', text) : text;
    });
    return name.padEnd(NAME_WIDTH) + cells.join('');
  });
  return [styleText('bold', ''.padEnd(NAME_WIDTH) + headings.join('')), ...rows];
}

function lossOf({ made, lost, lostByReason }: LaneOutcome): string {
  if (lost === 0) return 'nothing';
  return `${((100 * lost) / made).toFixed(1)} % of all spans: ${reasons(lostByReason)}`;
}

function costOf({ cpuSeconds, made, delivered }: LaneOutcome): string {
  const micros = (spans: number) => (spans === 0 ? '-' : ((cpuSeconds * MICROS_PER_SECOND) / spans).toFixed(1));
  return `${micros(made)} us a span made, ${micros(delivered)} us a span delivered`;
}

function heldBy({ name, mostHeldBytes = 0 }: LaneOutcome): string {
  return `${name} held at most ${megabytes(mostHeldBytes)} of spans at a time.`;
}

function verdict(lanes: readonly LaneOutcome[], objections: readonly string[]): string {
  if (objections.length > 0) return objections.map((objection) => styleText(['red', 'bold'], `FAILED: ${objection}`)).join('\n');
  const checks = lanes.find(({ kind }) => kind === 'spillway')?.checks ?? 0;
  return styleText(['green', 'bold'], `PASSED: Spillway lost nothing, and its accounts added up in all ${checks} checks.`);
}
