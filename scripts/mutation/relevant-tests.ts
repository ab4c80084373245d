/** The tests that are run for the mutants of a folder: those that would be expected to notice them. */
const TESTS_BY_FOLDER: Readonly<Record<string, readonly string[]>> = {
  'packages/backpressure': ['packages/backpressure/test'],
  'packages/sampling': ['packages/sampling/test'],
  'packages/config': ['packages/config/test'],
  'packages/otlp/src/buffer': ['packages/otlp/test/buffer', 'test/encoding'],
  'packages/otlp/src/encoding': [
    'packages/otlp/test/encoding',
    'test/encoding',
    'packages/{trace,logs}/test/{encoding,sampling}',
  ],
  'packages/otlp/src/json': ['test/encoding', 'packages/otlp/test/{json,transport}'],
  'packages/otlp/src/options': ['packages/otlp/test/options', 'packages/otlp/test/transport'],
  'packages/otlp/src/protobuf': ['packages/otlp/test/protobuf', 'packages/otlp/test/encoding', 'test/encoding'],
  'packages/otlp/src/thinning-out': ['packages/otlp/test/{thinning-out,buffer}', 'test/encoding'],
  'packages/otlp/src/transport': ['packages/otlp/test/transport', 'packages/otlp/test/options'],
  'packages/otlp-grpc': ['packages/otlp-grpc/test'],
  'packages/pipeline': ['packages/{pipeline,trace,logs}/test'],
  'packages/trace': ['packages/trace/test', 'test/encoding'],
  'packages/logs': ['packages/logs/test', 'test/encoding'],
  'packages/metrics': ['packages/metrics/test', 'test/encoding', 'test/processor/metric-selectors-as-upstream.test.ts'],
  'packages/spool': ['packages/spool/test'],
  'packages/zpages': ['packages/zpages/test'],
  'packages/node/src/command': ['packages/node/test/command'],
  'packages/node/src/environment': ['packages/node/test/environment'],
  'packages/node/src/pressure': ['packages/node/test/pressure'],
  'packages/node/src/process-end': ['packages/node/test/process-end'],
  'packages/node/src/sdk': ['packages/node/test/{sdk,start}'],
  'packages/node/src/serverless': ['packages/node/test/serverless'],
  'packages/node/src/signals': ['packages/node/test/{signals,sdk,start}'],
  'packages/node/src/spool': ['packages/node/test/{spool,start}'],
  'packages/node': ['packages/node/test/start'],
};

/** Patterns for the test files of a folder of code. */
export function relevantTests(folder: string): string[] {
  const matching = Object.keys(TESTS_BY_FOLDER).filter((key) => `${folder}/`.startsWith(`${key}/`));
  const [longest] = matching.toSorted((a, b) => b.length - a.length);
  if (longest === undefined) throw new Error(`${folder} has no tests in ${import.meta.filename}`);
  return (TESTS_BY_FOLDER[longest] ?? []).map((path) => (path.endsWith('.test.ts') ? path : `${path}/**/*.test.ts`));
}

/** Folders whose tests replace the clock, or see warnings that a process gives once. */
const ISOLATED = ['packages/backpressure/', 'packages/node/', 'packages/zpages/'];

/** Folders whose code runs mostly in processes and threads that a test starts. */
const IN_PROCESSES = ['packages/node/', 'packages/spool/', 'packages/zpages/'];

/** Folders whose test files may run in any order. Elsewhere, a file may see what another one has left in its process. */
const ANY_ORDER = [...ISOLATED, 'packages/spool/'];

/** Whether the test files of the folder may run in any order. */
export function mayRunInAnyOrder(folder: string): boolean {
  return ANY_ORDER.some((path) => `${folder}/`.startsWith(path));
}

/** Whether each test file of the folder needs a process of its own. */
export function needsIsolation(folder: string): boolean {
  return ISOLATED.some((isolated) => `${folder}/`.startsWith(isolated));
}

/**
 * Whether tests of the folder start processes that run its code. Stryker cannot see which code such a test reaches, so
 * each mutant needs all tests of the folder.
 */
export function runsInProcesses(folder: string): boolean {
  return IN_PROCESSES.some((path) => `${folder}/`.startsWith(path));
}
