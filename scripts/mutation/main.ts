// `npm run mutation -- packages/otlp/src/buffer --sample 150 --seed 1`: changes the code of a folder in many small ways,
// one at a time, and reports the changes that no test notices. Takes some minutes.
//
//   node scripts/mutation/main.ts FOLDER [--sample 100] [--seed 1] [--concurrency 2] [--in-process]
//
// With `--in-process`, tests that start processes are left out. That is several times faster, and finds fewer of the
// changes that a test notices.
import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Location, MutantResult, MutantStatus } from '@stryker-mutator/api/core';
import { Stryker } from '@stryker-mutator/core';
import { PROCESS_TEST_RUNNER } from './process-test-runner.ts';
import { mayRunInAnyOrder, needsIsolation, relevantTests, runsInProcesses } from './relevant-tests.ts';
import { type Sample, SAMPLING_CHECKER } from './sampling-checker.ts';

const NOTICED: readonly MutantStatus[] = ['Killed', 'Timeout'];
const UNNOTICED: readonly MutantStatus[] = ['Survived', 'NoCoverage'];
const LONGEST_SHOWN = 120;

const { values: flags, positionals } = parseArgs({
  options: {
    sample: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    concurrency: { type: 'string', default: '2' },
    'in-process': { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const folder = positionals[0]?.replace(/\/$/, '');
if (folder === undefined) throw new Error('name a folder, such as packages/otlp/src/buffer');
const sample: Sample = { size: Number(flags.sample), seed: Number(flags.seed) };

const followsProcesses = runsInProcesses(folder) && !flags['in-process'];

// The configuration of Vitest reads these in Stryker's processes, which inherit them.
process.env['SPILLWAY_MUTATION_ISOLATE'] = String(needsIsolation(folder));
process.env['SPILLWAY_MUTATION_ANY_ORDER'] = String(mayRunInAnyOrder(folder));
process.env['SPILLWAY_MUTATION_IN_PROCESS'] = String(!followsProcesses);
const results = await new Stryker({
  mutate: [`${folder}/**/*.ts`],
  testRunner: followsProcesses ? PROCESS_TEST_RUNNER : 'vitest',
  testFiles: relevantTests(folder),
  vitest: {
    configFile: 'scripts/mutation/vitest.config.ts',
    // As always. In a worker thread, some code does something else.
    pool: 'forks',
    // This would ask Vite for the import graph again for each mutant.
    related: false,
  },
  coverageAnalysis: followsProcesses ? 'off' : 'perTest',
  // A change of code that runs only when a module is loaded, mostly a constant, would need all tests.
  ignoreStatic: !followsProcesses,
  plugins: [
    import.meta.resolve('@stryker-mutator/vitest-runner'),
    fileURLToPath(new URL('sampling-checker.ts', import.meta.url)),
    fileURLToPath(new URL('process-test-runner.ts', import.meta.url)),
  ],
  checkers: [SAMPLING_CHECKER],
  sample,
  concurrency: Number(flags.concurrency),
  // On a busy machine, a slow run must not pass for an endless one.
  timeoutMS: 30_000,
  dryRunTimeoutMinutes: 30,
  reporters: ['progress-append-only'],
  disableTypeChecks: false,
  ignorePatterns: ['dist', 'packed', '.turbo', 'bench/samples.json'],
}).runMutationTest();

report(results);

function report(all: readonly MutantResult[]): void {
  const noticed = all.filter(({ status }) => NOTICED.includes(status));
  const unnoticed = all.filter(({ status }) => UNNOTICED.includes(status));
  for (const mutant of unnoticed.toSorted(byPlace)) console.log(lineOf(mutant));
  const byFolder = Object.groupBy([...noticed, ...unnoticed], ({ fileName }) => relative('.', dirname(fileName)));
  for (const name of Object.keys(byFolder).toSorted()) console.log(`${name}: ${scoreOf(byFolder[name] ?? [])}`);
  console.log(`${folder}: ${scoreOf([...noticed, ...unnoticed])} (of ${all.length} mutants, seed ${sample.seed})`);
}

function scoreOf(mutants: readonly MutantResult[]): string {
  const noticed = mutants.filter(({ status }) => NOTICED.includes(status));
  // On an overloaded machine, some of these are only slow.
  const endless = noticed.filter(({ status }) => status === 'Timeout').length;
  const score = ((noticed.length / mutants.length) * 100).toFixed(1);
  return `${noticed.length} of ${mutants.length} mutants noticed (${endless} by a time-out), ${score} %`;
}

function lineOf({ fileName, location, replacement, status }: MutantResult): string {
  const place = `${relative('.', fileName)}:${location.start.line}`;
  const note = status === 'NoCoverage' ? '  (no test reaches it)' : '';
  return `${place}  ${shown(textAt(fileName, location))} -> ${shown(replacement ?? '')}${note}`;
}

function textAt(fileName: string, { start, end }: Location): string {
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  const last = (lines.pop() ?? '').slice(0, end.column - 1);
  return [...lines, last].join('\n').slice(start.column - 1);
}

function shown(code: string): string {
  const line = code.replaceAll(/\s+/g, ' ');
  return line.length <= LONGEST_SHOWN ? line : `${line.slice(0, LONGEST_SHOWN)}...`;
}

function byPlace(a: MutantResult, b: MutantResult): number {
  return a.fileName.localeCompare(b.fileName) || a.location.start.line - b.location.start.line;
}
