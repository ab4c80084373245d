import { SIGNALS } from '../signal.ts';
import { figureText } from './figure-text.ts';
import { markdownTable } from './markdown-table.ts';
import type { RowRecord } from './results-file.ts';

const HEAD = [
  ['situation', 'figure', 'no-op', 'OpenTelemetry', 'Spillway', 'ratio'],
  ['---', '---', '--:', '--:', '--:', '--:'],
];
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

function tableOf(rows: readonly RowRecord[]): string {
  const lines = rows.flatMap(({ name, title, lines: figures }) =>
    figures.map(({ figure, unit, noop, upstream, spillway, ratio }, index) => [
      index === 0 ? `\`${name}\`: ${title}` : '',
      figure,
      ...[noop, upstream, spillway].map((value) => figureText(value, unit)),
      ratio?.toFixed(2) ?? '-',
    ]),
  );
  return markdownTable([...HEAD, ...lines]);
}
