import type { Line, Unit } from '../rows/row.ts';
import { figureText } from './figure-text.ts';

/** A row's part of the table. */
export interface TableRow {
  readonly name: string;
  readonly title: string;
  readonly lines: readonly Line[];
  readonly notes: readonly string[];
  readonly problems: readonly string[];
}

const HEADINGS = ['', 'no-op', 'upstream', 'other', 'spillway', 'ratio', 'target', 'reached'] as const;
const FIRST_TEXT_COLUMN = HEADINGS.indexOf('target');
const INDENT = '  ';

/** The table as plain text: a heading per row, a line per figure, and columns aligned over the whole table. */
export function renderTable(rows: readonly TableRow[]): string {
  const cells = rows.map((row) => row.lines.map(cellsOf));
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...cells.flat().map((line) => line[column]?.length ?? 0)),
  );
  const text = [INDENT + align(HEADINGS, widths)];
  rows.forEach((row, index) => {
    text.push('', `${row.name}: ${row.title}`);
    for (const line of cells[index] ?? []) text.push(INDENT + align(line, widths));
    for (const note of row.notes) text.push(INDENT + note);
    for (const problem of row.problems) text.push(`${INDENT}BROKEN: ${problem}`);
  });
  return text.map((line) => line.trimEnd()).join('\n');
}

/** A share of a cost can be compared; a share of lost items or of requests in flight says nothing. */
const COSTS: readonly Unit[] = ['micros', 'millis', 'bytes', 'kilobytes'];

/** Spillway's cost as a share of upstream's, or of the other's; `undefined` if one is missing or not above zero. */
export function ratioOf({ unit, upstream, other, spillway = 0 }: Line): number | undefined {
  const beside = upstream ?? other ?? 0;
  return COSTS.includes(unit) && beside > 0 && spillway > 0 ? spillway / beside : undefined;
}

function cellsOf(line: Line): readonly string[] {
  const ratio = ratioOf(line);
  return [
    line.figure,
    figureText(line.noop, line.unit),
    figureText(line.upstream, line.unit),
    figureText(line.other, line.unit),
    figureText(line.spillway, line.unit),
    ratio === undefined ? '-' : ratio.toFixed(2),
    line.target ?? '-',
    line.reached === undefined ? '-' : line.reached ? 'yes' : 'NO',
  ];
}

/** Names and targets to the left, figures to the right. */
function align(line: readonly string[], widths: readonly number[]): string {
  return line
    .map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 || column >= FIRST_TEXT_COLUMN ? cell.padEnd(width) : cell.padStart(width);
    })
    .join('   ');
}
