import { SIGNALS } from '../signal.ts';
import { figureText } from './figure-text.ts';
import { markdownTable } from './markdown-table.ts';
import type { RowRecord } from './results-file.ts';

const HEADINGS = { noop: 'no-op', upstream: 'OpenTelemetry', other: 'other', spillway: 'Spillway' } as const;
/** The heading above rows that belong to no signal. */
const SHARED_HEADING = 'What the signals share';

/**
 * The results in Markdown: one table each for spans, log records and shared parts, with headings if there are several.
 */
export function markdownTables(rows: readonly RowRecord[]): string {
  const groups = [...Object.entries(SIGNALS), [undefined, { heading: SHARED_HEADING }] as const]
    .map(([signal, { heading }]) => ({ heading, rows: rows.filter((row) => row.signal === signal) }))
    .filter((group) => group.rows.length > 0);
  if (groups.length <= 1) return tableOf(rows);
  return groups.map((group) => `**${group.heading}**\n\n${tableOf(group.rows)}`).join('\n\n');
}

/** Only a table with a figure of something else has a column for it. */
function tableOf(rows: readonly RowRecord[]): string {
  const hasOther = rows.some(({ lines }) => lines.some(({ other }) => other !== undefined));
  const columns = ['noop', 'upstream', ...(hasOther ? (['other'] as const) : []), 'spillway'] as const;
  const head = ['situation', 'figure', ...columns.map((column) => HEADINGS[column]), 'ratio'];
  const lines = rows.flatMap(({ name, title, lines: figures, note }) => {
    const situation = `\`${name}\`: ${title}`;
    if (figures.length === 0) return note === undefined ? [] : [[situation, note, ...columns.map(() => '-'), '-']];
    return figures.map((line, index) => [
      index === 0 ? situation : '',
      line.figure,
      ...columns.map((column) => figureText(line[column], line.unit)),
      line.ratio?.toFixed(2) ?? '-',
    ]);
  });
  return markdownTable([head, head.map((_, index) => (index < 2 ? '---' : '--:')), ...lines]);
}
