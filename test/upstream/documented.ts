import { readFileSync } from 'node:fs';

/** The content of docs/differences.md for a suite. */
export interface Documented {
  readonly passing: number;
  readonly tests: number;
  readonly differing: readonly string[];
}

const HEADING = /^### (.+): (\d+) of (\d+)$/;
const FIRST_CELL = /^\| `(.+?)` \|/;

/** By the name of the suite. */
export function documentedDifferences(): ReadonlyMap<string, Documented> {
  const text = readFileSync(new URL('../../docs/differences.md', import.meta.url), 'utf8');
  const sections = text.split(/^(?=##)/m).flatMap((section) => {
    const [heading = '', ...lines] = section.split('\n');
    const [, name, passing, tests] = HEADING.exec(heading) ?? [];
    if (name === undefined) return [];
    const differing = lines.flatMap((line) => FIRST_CELL.exec(line)?.[1] ?? []);
    return [[name, { passing: Number(passing), tests: Number(tests), differing }] as const];
  });
  return new Map(sections);
}
