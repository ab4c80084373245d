import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../collector/src/index.ts';
import { ifInstallable, installedWithOurs } from './install.ts';
import { NODE } from './node.ts';

const PATIENCE_MILLIS = 120_000;
const TESTS = fileURLToPath(new URL('runners', import.meta.url));

const DELIVERED = ['with fake timers', 'with real timers'];

/** How each runner is started, what it prints if all tests have passed, and the spans that arrive. */
const RUNNERS: [name: string, command: readonly string[], passed: RegExp, delivered: readonly string[]][] = [
  ['jest', ['jest/bin/jest.js', ...jestOn('jest.cjs')], /Tests: +5 passed, 5 total/, DELIVERED],
  ['jest with jsdom', ['jest/bin/jest.js', ...jestOn('jest-jsdom.cjs')], /Tests: +2 passed, 2 total/, []],
  ['mocha', ['mocha/bin/mocha.js', '--timeout', '60000', 'mocha.cjs'], /5 passing/, DELIVERED],
  ['node:test', ['--test', '--test-reporter=tap', 'node-test.mjs'], /^# pass 5$/m, DELIVERED],
  ['vitest', ['vitest/vitest.mjs', 'run', '--root', '.', '--testTimeout=60000'], /Tests +5 passed \(5\)/, DELIVERED],
];

/** What runners print about something that has been left open. */
const LEFT_OPEN = /open handle|did not exit|close timed out|worker process has failed to exit/i;

function jestOn(file: string): readonly string[] {
  return ['--detectOpenHandles', '--testMatch', `**/${file}`, '--rootDir', '.', '--testTimeout=60000'];
}

const { folder: installation = '', problem } = await ifInstallable(installedWithOurs('runners'));
if (problem !== undefined) console.log(`SKIPPED: tests of applications in each test runner (${problem})`);

describe.skipIf(problem !== undefined)('the tests of an application', { timeout: PATIENCE_MILLIS }, () => {
  let folder: string;
  let collector: Collector;

  beforeAll(async () => {
    folder = await mkdtemp(join(installation, 'application-'));
    await cp(TESTS, folder, { recursive: true, filter: (path) => !path.endsWith('.json') });
  });
  afterAll(() => rm(folder, { recursive: true }));

  beforeEach(async () => {
    collector = await startCollector();
  });
  afterEach(() => collector.close());

  function run([first = '', ...args]: readonly string[]): Promise<{ readonly code: number | null; output: string }> {
    const file = first.startsWith('--') ? first : join(installation, 'node_modules', first);
    const options = {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', COLLECTOR: collector.url, NO_COLOR: '1' },
      timeout: PATIENCE_MILLIS,
    };
    return new Promise((resolve) => {
      const child = execFile(NODE, [file, ...args], options, (_, stdout, stderr) =>
        resolve({ code: child.exitCode, output: stdout + stderr }),
      );
    });
  }

  it.each(RUNNERS)(
    'pass in %s, which ends by itself, with nothing left open',
    async (_, command, passed, delivered) => {
      const { code, output } = await run(command);
      expect(output).toMatch(passed);
      expect(output).not.toMatch(LEFT_OPEN);
      expect(code).toBe(0);
      const names = collector.spans().map(({ span }) => span.name ?? '');
      expect(names.toSorted((a, b) => a.localeCompare(b))).toEqual(delivered);
    },
  );
});
