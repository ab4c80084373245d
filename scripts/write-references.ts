// Rewrites the parts of READMEs that come from code, between `<!-- generated: NAME -->` and `<!-- /generated -->`.
//
//   node scripts/write-references.ts [--check]
//
// --check writes nothing, and fails if a part is out of date.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Machine } from '../bench/src/report/machine.ts';
import { markdownPlots } from '../bench/src/report/markdown-plots.ts';
import { markdownTable } from '../bench/src/report/markdown-table.ts';
import { markdownTables } from '../bench/src/report/markdown-tables.ts';
import type { RowRecord } from '../bench/src/report/results-file.ts';
import { environmentVariables, type EnvironmentVariable, type Signal } from '../packages/config/src/index.ts';
import { SELF_METRIC_SECTIONS, selfMetricTable } from './self-metric-reference.ts';
import { writeGeneratedSection } from './generated-section.ts';

interface Results {
  readonly machine: Machine;
  readonly rows: Readonly<Record<string, RowRecord>>;
}

const REFERENCES = [
  { file: 'packages/config/README.md', name: 'variables', text: () => variableTable(environmentVariables()) },
  { file: 'packages/node/README.md', name: 'variables', text: registrationTable },
  { file: 'docs/benchmarks.md', name: 'bench', text: benchTable },
  { file: 'docs/benchmarks.md', name: 'plots', text: () => markdownPlots(Object.values(readBenchResults().rows)) },
  ...SELF_METRIC_SECTIONS.map((name) => ({
    file: 'docs/self-metrics.md',
    name,
    text: () => selfMetricTable(name),
  })),
];

const { values: flags } = parseArgs({ options: { check: { type: 'boolean' } } });

for (const { file, name, text } of REFERENCES) {
  if (!writeGeneratedSection(file, name, text(), flags.check)) continue;
  if (flags.check === true) {
    console.error(`${file} is out of date: run \`node scripts/write-references.ts\``);
    process.exitCode = 1;
  } else {
    console.log(`${file}: ${name} rewritten`);
  }
}

/** One row per option, with its variables in order of precedence. */
function variableTable(all: readonly EnvironmentVariable[]): string {
  const byOption = new Map<string, EnvironmentVariable[]>();
  for (const variable of all) {
    byOption.set(variable.option, [...(byOption.get(variable.option) ?? []), variable]);
  }
  const rows = [...byOption].flatMap(([option, variables]) => {
    const [first] = variables;
    if (first === undefined) return [];
    const names = variables.map(({ name }) => `\`${name}\``).join('<br>');
    const type = perSignal(variables, (variable) => variable.type);
    const value = perSignal(variables, (variable, signal) => variable.default[signal] ?? '');
    return [[names, `\`${option}\``, type, value, first.meaning]];
  });
  return markdownTable([
    ['variable', 'option', 'type', 'default', 'meaning'],
    ['---', '---', '---', '---', '---'],
    ...rows,
  ]);
}

/** The text of the first signal, and of each signal whose text differs: `5000; logs 1000`. */
function perSignal(
  variables: readonly EnvironmentVariable[],
  textOf: (variable: EnvironmentVariable, signal: Signal) => string,
): string {
  const texts = new Map<Signal, string>();
  for (const variable of variables) {
    for (const signal of variable.signals) {
      if (!texts.has(signal)) texts.set(signal, textOf(variable, signal));
    }
  }
  const [common = ''] = texts.values();
  const others = [...texts].filter(([, text]) => text !== common);
  return [common, ...others.map(([signal, text]) => `${signal} ${text}`)].join('; ');
}

/** The variables that only the registration reads. */
function registrationTable(): string {
  return variableTable(environmentVariables().filter(({ reader }) => reader === 'registration'));
}

/** The latest results of the bench. The README gives the command next to them. */
function benchTable(): string {
  const { machine, rows } = readBenchResults();
  const { cores, cpu, node, versions } = machine;
  return [
    markdownTables(Object.values(rows)),
    '',
    `${cores} cores, ${cpu}, Node ${node}, OpenTelemetry JS ${versions['@opentelemetry/sdk-trace'] ?? ''}. Ratio: Spillway's cost as a share of OpenTelemetry's, or of the other's.`,
  ].join('\n');
}

function readBenchResults(): Results {
  return JSON.parse(readFileSync(new URL('../bench/results.json', import.meta.url), 'utf8'));
}
