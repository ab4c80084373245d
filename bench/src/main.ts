/**
 * `npm run bench` compares upstream's pipelines with Spillway's in one run. It prints a table and writes
 * `bench/results.json`. Speed never makes it fail; it exits with 1 if a row cannot be run or does not add up.
 */
import { parseCommandLine, USAGE, type BenchOptions } from './command-line.ts';
import { describeMachine } from './report/machine.ts';
import { loadWarning, MachineLoad } from './report/machine-load.ts';
import { ResultsFile } from './report/results-file.ts';
import { renderTable, type TableRow } from './report/table.ts';
import { ALL_ROWS } from './rows/all-rows.ts';
import type { Row, RowResult } from './rows/row.ts';

const BENCH_DIRECTORY = new URL('../', import.meta.url);

process.exitCode = await main();

async function main(): Promise<number> {
  let options: BenchOptions;
  try {
    options = parseCommandLine(
      process.argv.slice(2),
      ALL_ROWS.map((row) => row.name),
    );
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (options.list) {
    const width = Math.max(...ALL_ROWS.map(({ name }) => name.length));
    for (const { name, title } of ALL_ROWS) console.log(`${name.padEnd(width)}  ${title}`);
    return 0;
  }
  return await runRows(
    ALL_ROWS.filter((row) => options.only.length === 0 || options.only.includes(row.name)),
    options,
  );
}

async function runRows(rows: readonly Row[], options: BenchOptions): Promise<number> {
  const machine = describeMachine();
  const file = new ResultsFile(BENCH_DIRECTORY, machine);
  const table: TableRow[] = [];
  for (const row of rows) {
    const load = new MachineLoad();
    const measuredAt = new Date().toISOString();
    const start = performance.now();
    const result = await runRow(row, options);
    const wallSeconds = Math.round((performance.now() - start) / 1000);
    const busyShare = load.busyShare();
    const { name, signal, title } = row;
    file.add({ name, ...(signal !== undefined && { signal }), title, measuredAt, busyShare, wallSeconds }, result);
    const notes = [result.note, loadWarning(busyShare)].filter((note) => note !== undefined);
    table.push({ name, title, ...result, notes });
  }
  const { cpu, cores, node } = machine;
  console.log(`\n${cores} cores (${cpu}), Node ${node}; ratio = spillway / upstream\n\n${renderTable(table)}`);

  const broken = table.filter((row) => row.problems.length > 0);
  if (broken.length === 0) return 0;
  console.error(`\nNo result, because the accounting does not add up: ${broken.map(({ name }) => name).join(', ')}`);
  return 1;
}

async function runRow(row: Row, { runs, seconds, variants }: BenchOptions): Promise<RowResult> {
  try {
    return await row.run({
      runs,
      seconds,
      variants,
      progress: (text) => console.error(`${row.name}: ${text}`),
    });
  } catch (error) {
    // The other rows are still worth running.
    const problem = error instanceof Error ? error.message : String(error);
    return { lines: [], runs: [], samples: [], problems: [problem] };
  }
}
