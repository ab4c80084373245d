// Part of `npm run ends`: ends processes whose queues are full in containers with little memory, and writes the results
// into docs/end-of-process.md. It needs root and memory control groups of version 1; without them, it does not change
// the table. It does not assert limits; test/compat/small-container.test.ts does.
import { machineText } from '../bench/src/report/machine.ts';
import { markdownTable } from '../bench/src/report/markdown-table.ts';
import {
  COLLECTORS,
  CONTAINED_ENDS,
  ContainedApplications,
  type SeenContainedEnd,
} from '../test/compat/ends/contained-applications.ts';
import { MemoryContainer } from '../test/compat/ends/memory-container.ts';
import { DRAIN_MILLIS } from '../test/compat/ends/ways-to-end.ts';
import { writeGeneratedSection } from './generated-section.ts';

const MEBIBYTE = 2 ** 20;
/** The first container runs every way to end, the others only `process.exit()`. */
const LIMITS_MEBIBYTES = [256, 128, 512];

const HEAD = [
  [
    'container',
    'end',
    'collector',
    'ends with',
    'before',
    'at most',
    'times',
    'killed for memory',
    'delivered',
    'at exit',
  ],
  ['--:', '---', '---', '---', '--:', '--:', '--:', '--:', '--:', '--:'],
];

const { obstacle } = MemoryContainer;
if (obstacle === undefined) {
  const applications = await ContainedApplications.create();
  try {
    const rows = await measuredRows(applications);
    const setting = `${machineText()} \`SPILLWAY_DRAIN_TIMEOUT=${DRAIN_MILLIS}\`, everything else at its default.`;
    writeGeneratedSection(
      'docs/end-of-process.md',
      'small-container',
      `${markdownTable([...HEAD, ...rows])}\n\n${setting}`,
    );
  } finally {
    await applications.remove();
  }
} else {
  console.error(`The table of small containers does not change: ${obstacle}.`);
}

async function measuredRows(applications: ContainedApplications): Promise<string[][]> {
  const rows: string[][] = [];
  for (const limitMebibytes of LIMITS_MEBIBYTES) {
    for (const way of limitMebibytes === 256 ? CONTAINED_ENDS : CONTAINED_ENDS.slice(0, 1)) {
      for (const collector of COLLECTORS) {
        const end = await applications.run(way, { limitMebibytes, collector });
        rows.push([`${limitMebibytes} MiB`, way.name, collector, ...figuresOf(end)]);
        console.error(limitMebibytes, way.name, collector);
      }
    }
  }
  return rows;
}

function figuresOf({ code, signal, beforeBytes, peakBytes, oomKills, delivered, millis }: SeenContainedEnd): string[] {
  return [
    String(signal ?? code),
    inMebibytes(beforeBytes),
    inMebibytes(peakBytes),
    (peakBytes / beforeBytes).toFixed(2),
    String(oomKills),
    String(delivered),
    `${millis} ms`,
  ];
}

function inMebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(0)} MiB`;
}
