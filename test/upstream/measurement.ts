import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle, type Reading } from './substitution.ts';
import type { SdkLine, Suite } from './suites.ts';

/** The result of a suite with our parts. */
export interface Measurement {
  /** Tests that ran. */
  readonly tests: number;
  /** Titles of the tests that pass neither as written nor with turns of the event loop, each with the reason. */
  readonly differing: ReadonlyMap<string, string>;
  /** The output of the adapters. */
  readonly remarks: string;
}

interface MochaTest {
  readonly title: string;
  readonly fullTitle: string;
  readonly err: { readonly message?: string };
}

interface MochaReport {
  readonly tests: readonly MochaTest[];
  readonly passes: readonly MochaTest[];
  readonly failures: readonly MochaTest[];
}

/** Longer than any of the tests takes. Only a few wait for something that never comes. */
const TEST_TIMEOUT_MILLIS = 3_000;

/**
 * Runs a suite twice: some tests expect an export within the call that causes it, others expect that it waits for the
 * next turn of the event loop. A test passes if it passes once.
 */
export async function measure(suite: Suite, line: SdkLine, checkout: string, tools: string): Promise<Measurement> {
  const [written, turned] = [
    await run(suite, line, 'as written', checkout, tools),
    await run(suite, line, 'with turns', checkout, tools),
  ];
  const passed = new Set([...written.report.passes, ...turned.report.passes].map(({ fullTitle }) => fullTitle));
  const failures = [...written.report.failures, ...turned.report.failures].map((failure) => ({
    ...failure,
    ...testOf(failure),
  }));
  const differing = failures.filter(({ fullTitle }) => !passed.has(fullTitle));
  return {
    tests: new Set([...passed, ...differing.map(({ fullTitle }) => fullTitle)]).size,
    differing: new Map(differing.map(({ title, err }) => [title, (err.message ?? '').split('\n', 1)[0] ?? ''])),
    remarks: written.printed,
  };
}

/** A failing hook counts as a failure of its test. */
function testOf({ title, fullTitle }: MochaTest): Pick<MochaTest, 'title' | 'fullTitle'> {
  const [hook, test] = /"(?:before|after) each" hook for "(.*)"$/.exec(title) ?? [];
  return hook === undefined || test === undefined
    ? { title, fullTitle }
    : { title: test, fullTitle: fullTitle.replace(hook, test) };
}

async function run(
  suite: Suite,
  line: SdkLine,
  reading: Reading,
  checkout: string,
  tools: string,
): Promise<{ report: MochaReport; printed: string }> {
  const name = `${suite.name} ${line.name} ${reading}`.replaceAll(' ', '-');
  const [script, output] = [join(tools, `${name}.cjs`), join(tools, `${name}.json`)];
  await bundle(suite, line, reading, checkout, script);
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      join(tools, 'node_modules/mocha/bin/mocha.js'),
      '--no-config',
      '--exit',
      '--timeout',
      String(TEST_TIMEOUT_MILLIS),
      '--reporter',
      'json',
      '--reporter-option',
      `output=${output}`,
      script,
    ],
    { cwd: join(checkout, suite.package), encoding: 'utf8' },
  );
  try {
    return {
      report: JSON.parse(await readFile(output, 'utf8')) as MochaReport,
      printed: stdout
        .split('\n')
        .filter((text) => text.includes(' inputs '))
        .join('; '),
    };
  } catch (cause) {
    throw new Error(`Mocha gave no report of ${name} (${status}): ${stderr}`, { cause });
  }
}
