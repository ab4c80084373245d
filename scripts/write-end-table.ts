// `npm run ends`: ends processes in every possible way, on both lines of OpenTelemetry, and writes the results into
// docs/end-of-process.md. It runs one process at a time, so that none waits for another. It does not assert that
// nothing is lost and no limit is exceeded; test/compat/ways-to-end.test.ts does. `node scripts/write-end-table.ts --only
// with-a-spool` writes one table, after a build.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machineText } from '../bench/src/report/machine.ts';
import { markdownTable } from '../bench/src/report/markdown-table.ts';
import { median } from '../bench/src/statistics.ts';
import {
  EndingApplications,
  type EndingRun,
  FORMATS,
  LINES,
  type SeenEnd,
} from '../test/compat/ends/ending-applications.ts';
import {
  DRAIN_MILLIS,
  KILLED,
  KILLED_IN_OUTAGE,
  MADE_OF_EACH,
  MUCH_HELD,
  type WayToEnd,
  WAYS_TO_END,
  WITHOUT_COLLECTOR,
} from '../test/compat/ends/ways-to-end.ts';
import { writeGeneratedSection } from './generated-section.ts';

const MADE = 2 * MADE_OF_EACH;

const HEAD = [
  [
    'end',
    'OpenTelemetry',
    'module',
    'ends with',
    'made',
    'delivered',
    'lost',
    'counter',
    'at exit',
    'without Spillway',
    'collector hangs',
    'limit',
  ],
  ['---', '---', '---', '---', '--:', '--:', '--:', '--:', '--:', '--:', '--:', '--:'],
];

const HELD_HEAD = [
  ['held', 'delivered', 'at least', 'at exit', 'at most'],
  ['--:', '--:', '--:', '--:', '--:'],
];
const HELD_RUNS = 5;

const SPOOL_HEAD = [
  [
    'end',
    'OpenTelemetry',
    'module',
    'ends with',
    'made',
    'delivered by the next process',
    'lost',
    'counter',
    'at exit',
    'without Spillway',
  ],
  ['---', '---', '---', '---', '--:', '--:', '--:', '--:', '--:', '--:'],
];

const ABSENT_HEAD = [
  ['end', 'without Spillway', 'never answered', 'answered before'],
  ['---', '--:', '--:', '--:'],
];
const ABSENT_RUNS = 3;

const SECTIONS: Readonly<Record<string, () => Promise<string>>> = {
  ends: async () => {
    const setting = `${machineText()} \`SPILLWAY_DRAIN_TIMEOUT=${DRAIN_MILLIS}\`, everything else at its default.`;
    return `${markdownTable([...HEAD, ...(await measuredRows())])}\n\n${setting}`;
  },
  'with-a-spool': async () => markdownTable([...SPOOL_HEAD, ...(await measuredWithSpool())]),
  'without-collector': async () => markdownTable([...ABSENT_HEAD, ...(await measuredWithoutCollector())]),
  'much-held': async () => markdownTable([...HELD_HEAD, ...(await measuredMuchHeld())]),
};

const { values: flags } = parseArgs({ options: { only: { type: 'string' } } });
if (flags.only !== undefined && !(flags.only in SECTIONS))
  throw new RangeError(`--only must be one of ${Object.keys(SECTIONS).join(', ')}, got ${flags.only}`);

const applications = await EndingApplications.create();
try {
  for (const [name, measured] of Object.entries(SECTIONS)) {
    if (flags.only === undefined || flags.only === name)
      writeGeneratedSection('docs/end-of-process.md', name, await measured());
  }
} finally {
  await applications.remove();
}

async function measuredMuchHeld(): Promise<string[][]> {
  const rows: string[][] = [];
  for (const { made, way } of MUCH_HELD) {
    const ends: SeenEnd[] = [];
    for (let run = 0; run < HELD_RUNS; run += 1)
      ends.push(await applications.run(way, { line: 'otel3', format: 'esm' }));
    const delivered = ends.map((end) => end.delivered);
    const millis = ends.map((end) => end.millis);
    rows.push(
      [made, median(delivered), Math.min(...delivered), `${median(millis)} ms`, `${Math.max(...millis)} ms`].map(
        String,
      ),
    );
    console.error(way.name);
  }
  return rows;
}

/** How many milliseconds longer a process takes to end than without Spillway. */
async function measuredWithoutCollector(): Promise<string[][]> {
  const rows: string[][] = [];
  for (const { name, never, before } of WITHOUT_COLLECTOR) {
    const medianOf = async (way: WayToEnd, run: Partial<EndingRun>): Promise<number> => {
      const millis: number[] = [];
      for (let count = 0; count < ABSENT_RUNS; count += 1)
        millis.push((await applications.run(way, { line: 'otel3', format: 'esm', ...run })).millis);
      return median(millis);
    };
    const bare = await medianOf(never, { collector: 'absent', isBare: true });
    const bareBefore = await medianOf(before, { collector: 'leaves', isBare: true });
    const neverAnswered = (await medianOf(never, { collector: 'absent' })) - bare;
    const answeredBefore = (await medianOf(before, { collector: 'leaves' })) - bareBefore;
    rows.push([name, `${bare} ms`, `+${neverAnswered} ms`, `+${answeredBefore} ms`]);
    console.error(name, 'without a collector');
  }
  return rows;
}

async function measuredRows(): Promise<string[][]> {
  const rows: string[][] = [];
  for (const way of WAYS_TO_END) {
    for (const line of LINES) {
      for (const format of FORMATS) {
        const bare = await applications.run(way, { line, format, isBare: true });
        const end = await applications.run(way, { line, format });
        const hung = await applications.run(way, { line, format, collector: 'hangs' });
        const where = [way.name, line === 'otel2' ? '2.x' : '3.x', format === 'esm' ? 'ESM' : 'CJS'];
        const items = [MADE, end.delivered, MADE - end.delivered].map(String);
        const counter = `${end.counted} of ${MADE_OF_EACH}`;
        const limit = way.losesEverything === true ? '-' : `${way.limitMillis} ms`;
        rows.push([
          ...where,
          outcome(way, end),
          ...items,
          counter,
          ...[end, bare, hung].map(({ millis }) => `${millis} ms`),
          limit,
        ]);
        console.error(way.name, line, format);
      }
    }
  }
  return rows;
}

/** There is no collector until the process has ended. Then the next one of the same service starts. */
async function measuredWithSpool(): Promise<string[][]> {
  const spools = mkdtempSync(join(tmpdir(), 'spillway-ends-spools-'));
  const rows: string[][] = [];
  try {
    for (const way of [...WAYS_TO_END, KILLED_IN_OUTAGE]) {
      for (const line of LINES) {
        for (const format of FORMATS) {
          const spool = join(spools, String(rows.length));
          // A long outage makes no difference without Spillway.
          const bare = await applications.run(way === KILLED_IN_OUTAGE ? KILLED : way, { line, format, isBare: true });
          const collector = way === KILLED_IN_OUTAGE ? 'leaves' : 'absent';
          const end = await applications.run(way, { line, format, collector, spool });
          const { delivered, counted } = await applications.replay({ line, format, spool });
          rows.push([
            way.name,
            line === 'otel2' ? '2.x' : '3.x',
            format === 'esm' ? 'ESM' : 'CJS',
            outcome(way, end),
            ...[MADE, delivered, MADE - delivered].map(String),
            `${counted} of ${MADE_OF_EACH}`,
            ...[end, bare].map(({ millis }) => `${millis} ms`),
          ]);
          console.error(way.name, line, format, 'with a spool');
        }
      }
    }
  } finally {
    rmSync(spools, { recursive: true });
  }
  return rows;
}

function outcome({ name }: WayToEnd, { code, signal, stdout }: SeenEnd): string {
  // The parent of a worker prints how the worker ended.
  const worker = /^worker (.*)$/m.exec(stdout)?.[1]?.replace('null ', '');
  return name.includes('worker') && worker !== undefined ? worker : (signal ?? String(code));
}
