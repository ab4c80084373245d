import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = new URL('..', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

const contract = globSync(['packages/otlp/test/{encoding,transport}/*.ts', 'packages/pipeline/test/processor/*.ts', 'packages/logs/test/encoding/*.ts', 'packages/config/test/*.ts', 'packages/node/test/{start,process-end}/*.ts'], { cwd: fileURLToPath(root) }).map(read).join('\n');

/** What stands in the last column of the tables, as code: titles of tests and of the block around them. */
const titles = read('docs/differences.md')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .flatMap((line) => [...(line.split(' | ').at(-1) ?? '').matchAll(/`([^`]+)`/g)].map(([, title = '']) => title));

describe('docs/differences.md', () => {
  it('names tests', () => {
    expect(titles.length).toBeGreaterThan(15);
  });

  it.each(titles)('names a test that there is: %j', (title) => {
    expect(contract.includes(`'${title}'`) || contract.includes(`"${title}"`)).toBe(true);
  });
});
