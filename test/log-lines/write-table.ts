import { markdownTable } from '../../bench/src/report/markdown-table.ts';
import { writeGeneratedSection } from '../../scripts/generated-section.ts';

/** Writes the results of a test file into docs/log-lines.md, if the variable `UPDATE_TABLES` is set. */
export function writeTable(name: string, rows: readonly (readonly string[])[]): void {
  if (process.env['UPDATE_TABLES'] !== undefined) writeGeneratedSection('docs/log-lines.md', name, markdownTable(rows));
}
