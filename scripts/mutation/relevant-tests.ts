/**
 * The tests that are run for the mutants of a folder: those that would be expected to notice them, and that start no
 * processes. The longest matching folder counts.
 */
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
  'packages/otlp/src/options': ['packages/otlp/test/options', 'packages/otlp/test/transport'],
  'packages/otlp/src/protobuf': ['packages/otlp/test/protobuf', 'packages/otlp/test/encoding', 'test/encoding'],
  'packages/otlp/src/thinning-out': ['packages/otlp/test/{thinning-out,buffer}', 'test/encoding'],
  'packages/otlp/src/transport': ['packages/otlp/test/transport', 'packages/otlp/test/options'],
  'packages/pipeline': ['packages/{pipeline,trace,logs}/test'],
  'packages/trace': ['packages/trace/test', 'test/encoding'],
  'packages/logs': ['packages/logs/test', 'test/encoding'],
  'packages/node': ['packages/node/test/{command,environment,pressure,sdk,serverless}'],
};

/** Patterns for the test files of a folder. */
export function relevantTests(folder: string): string[] {
  const matching = Object.keys(TESTS_BY_FOLDER).filter((key) => `${folder}/`.startsWith(`${key}/`));
  const [longest] = matching.toSorted((a, b) => b.length - a.length);
  if (longest === undefined) throw new Error(`${folder} has no tests in ${import.meta.filename}`);
  return (TESTS_BY_FOLDER[longest] ?? []).map((path) => `${path}/**/*.test.ts`);
}

/** Folders whose tests replace the clock, or see warnings that a process gives once. */
const ISOLATED = ['packages/backpressure/', 'packages/node/'];

/** Whether each test file of the folder needs a process of its own. */
export function needsIsolation(folder: string): boolean {
  return ISOLATED.some((isolated) => `${folder}/`.startsWith(isolated));
}
