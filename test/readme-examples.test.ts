import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

// Below `test`, so that what an example imports resolves to what the tests have installed; ignored by git and lint.
const folder = join(root, 'test', '.turbo', 'readme-examples');

/** How long an example may take, its shutdown included. */
const EXAMPLE_TIMEOUT_MILLIS = 20_000;

interface Example {
  readonly readme: string;
  /** Of the code's first line in the README, from 1. */
  readonly line: number;
  readonly code: string;
  readonly file: string;
}

const readmes = globSync(['README.md', 'packages/*/README.md'], { cwd: root }).toSorted();
const examples = readmes.flatMap((readme) => examplesOf(readme.replaceAll('\\', '/')));
const firstOfEachPackage = examples.filter(
  ({ readme }, index) => readme.startsWith('packages/') && examples[index - 1]?.readme !== readme,
);

/** The blocks that a README marks as `ts`. */
function examplesOf(readme: string): Example[] {
  const text = readFileSync(join(root, readme), 'utf8').replaceAll('\r\n', '\n');
  return [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(({ 1: code = '', index }) => {
    const line = text.slice(0, index).split('\n').length + 1;
    return { readme, line, code, file: `${readme.replaceAll('/', '-').replace('.md', '')}-${line}.ts` };
  });
}

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const config = { extends: '../../../tsconfig.base.json', compilerOptions: { noEmit: true }, files: examples.map(({ file }) => file) };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  for (const { file, line, code } of examples) {
    // Errors carry the lines of the README.
    writeFileSync(join(folder, file), '\n'.repeat(line - 1) + code);
  }
});

describe('the examples in the READMEs', () => {
  it.skipIf(examples.length === 0)('have the types they should, against what is built', async () => {
    const compiler = join(root, 'node_modules', 'typescript7', 'bin', 'tsc');
    const errors = await outputOfFailure(process.execPath, [compiler, '--project', folder, '--pretty', 'false']);
    expect(errors, 'run `npm run build` first, where a package of ours is not found').toBeUndefined();
  });

  it.each(firstOfEachPackage)('run as they stand: the first one of $readme', async ({ file, readme }) => {
    expect(existsSync(join(root, dirname(readme), 'dist')), 'run `npm run build` first').toBe(true);
    expect(await outputOfFailure(process.execPath, [join(folder, file)])).toBeUndefined();
  }, EXAMPLE_TIMEOUT_MILLIS + 5000);
});

/** What a program wrote, where it did not end with exit code 0 in time. */
function outputOfFailure(program: string, args: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { cwd: folder, timeout: EXAMPLE_TIMEOUT_MILLIS, killSignal: 'SIGKILL' } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(undefined);
      else resolve(`${stdout}${stderr}${error.killed === true ? 'it took longer than it may' : error.message}`);
    });
  });
}
