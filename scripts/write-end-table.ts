// `npm run ends`: ends processes in every way there is, on both lines of OpenTelemetry, and writes what was seen into
// docs/end-of-process.md. One process at a time, so that none waits for another. That nothing is lost and no limit
// exceeded is asserted by test/compat/ways-to-end.test.ts, and not here.
import os from 'node:os';
import { EndingApplications, FORMATS, LINES, type SeenEnd } from '../test/compat/ends/ending-applications.ts';
import { DRAIN_MILLIS, MADE_OF_EACH, type WayToEnd, WAYS_TO_END } from '../test/compat/ends/ways-to-end.ts';
import { writeGeneratedSection } from './generated-section.ts';

const MADE = 2 * MADE_OF_EACH;

const HEAD = [
  ['end', 'OpenTelemetry', 'module', 'ends with', 'made', 'delivered', 'lost', 'at exit', 'without Spillway', 'collector hangs', 'limit'],
  ['---', '---', '---', '---', '--:', '--:', '--:', '--:', '--:', '--:', '--:'],
];

const applications = await EndingApplications.create();
try {
  const rows = await measuredRows();
  const table = [...HEAD, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const [{ model } = { model: 'unknown' }] = os.cpus();
  const setting = `Node ${process.versions.node}, ${os.availableParallelism()} cores, ${model}. \`SPILLWAY_DRAIN_TIMEOUT=${DRAIN_MILLIS}\`, everything else as it is by default.`;
  writeGeneratedSection('docs/end-of-process.md', 'ends', `${table}\n\n${setting}`);
  console.log(table);
} finally {
  await applications.remove();
}

async function measuredRows(): Promise<string[][]> {
  const rows: string[][] = [];
  for (const way of WAYS_TO_END) {
    for (const line of LINES) {
      for (const format of FORMATS) {
        const bare = await applications.run(way, { line, format, isBare: true });
        const end = await applications.run(way, { line, format });
        const hung = await applications.run(way, { line, format, hangs: true });
        const where = [way.name, line === 'otel2' ? '2.x' : '3.x', format === 'esm' ? 'ESM' : 'CJS'];
        const items = [MADE, end.delivered, MADE - end.delivered].map(String);
        const limit = way.losesEverything === true ? '-' : `${way.limitMillis} ms`;
        rows.push([...where, outcome(way, end), ...items, ...[end, bare, hung].map(({ millis }) => `${millis} ms`), limit]);
        console.error(way.name, line, format);
      }
    }
  }
  return rows;
}

function outcome({ name }: WayToEnd, { code, signal, stdout }: SeenEnd): string {
  // A worker says how it ended through its parent.
  const worker = /^worker (.*)$/m.exec(stdout)?.[1]?.replace('null ', '');
  return name.includes('worker') && worker !== undefined ? worker : (signal ?? String(code));
}
