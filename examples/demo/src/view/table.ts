import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** A column of a text table, with its cells aligned to the right. */
export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string;
  readonly style?: (row: Row) => Style;
}

const GAP = 2;

/** A line of headings and a line for each row, every column as wide as it needs to be. */
export function tableOf<Row>(
  rows: readonly Row[],
  labelOf: (row: Row) => string,
  columns: readonly Column<Row>[],
): string[] {
  const labels = rows.map(labelOf);
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const sized = columns.map(({ heading, cell, style }) => {
    const width = GAP + Math.max(...[heading, ...rows.map(cell)].map((text) => text.length));
    const cells = rows.map((row) => {
      const text = cell(row).padStart(width);
      return style === undefined ? text : styleText(style(row), text);
    });
    return { heading: heading.padStart(width), cells };
  });
  const headings = ''.padEnd(labelWidth) + sized.map(({ heading }) => heading).join('');
  return [
    styleText('bold', headings),
    ...labels.map((label, row) => label.padEnd(labelWidth) + sized.map(({ cells }) => cells[row]).join('')),
  ];
}
