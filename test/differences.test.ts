import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { documentedDifferences } from './upstream/documented.ts';

const root = new URL('..', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

const contract = globSync(
  ['packages/{otlp,pipeline,logs,config}/test/**/*.ts', 'packages/node/test/{config-file,process-end,sdk,start}/*.ts'],
  { cwd: fileURLToPath(root) },
)
  .map(read)
  .join('\n');

/** The code in the last column of the tables: names of tests and of the blocks around them. */
const titles = read('docs/differences.md')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .flatMap((line) => [...(line.split(' | ').at(-1) ?? '').matchAll(/`([^`]+)`/g)].map(([, title = '']) => title));

describe('docs/differences.md', () => {
  it('names tests', () => {
    expect(titles.length).toBeGreaterThan(15);
  });

  it.each(titles)('names a test that exists: %j', (title) => {
    expect(contract.includes(`'${title}'`) || contract.includes(`"${title}"`)).toBe(true);
  });

  it("lists each of upstream's tests that a suite's count leaves out", () => {
    const suites = [...documentedDifferences()];
    expect(suites.length).toBeGreaterThan(0);
    for (const [name, { passing, tests, differing }] of suites) expect(differing, name).toHaveLength(tests - passing);
  });
});
