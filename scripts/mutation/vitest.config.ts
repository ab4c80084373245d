import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import tests from '../../vitest.config.ts';
import { ShortestFirst } from './shortest-first.ts';

/** Tests whose code runs in other processes, for the most part. */
const START_PROCESSES = [
  'packages/node/test/start/!(start-options).test.ts',
  'packages/spool/test/{killed,several}-processes.test.ts',
];

/** The tests as always, but for code that Stryker has made several times slower. */
export default defineConfig({
  ...tests,
  test: {
    ...tests.test,
    setupFiles: [
      tests.test?.setupFiles ?? [],
      fileURLToPath(new URL('activate-in-processes.ts', import.meta.url)),
    ].flat(),
    // One process for all test files of a mutant is several times faster than one for each.
    isolate: process.env['SPILLWAY_MUTATION_ISOLATE'] === 'true',
    sequence: process.env['SPILLWAY_MUTATION_ANY_ORDER'] === 'true' ? { sequencer: ShortestFirst } : {},
    exclude: [
      ...configDefaults.exclude,
      // These measure time.
      '**/*-cost.test.ts',
      // These take minutes with code that Stryker has changed. A mutant that only they notice counts as unnoticed.
      'packages/backpressure/test/{controller-model,overflow-model,process-life}.test.ts',
      'packages/node/test/{process-end/{no-executable,troubled-ends},pressure/full-heap}.test.ts',
      'packages/pipeline/test/shared-outage.test.ts',
      'packages/spool/test/kills/**',
      ...(process.env['SPILLWAY_MUTATION_IN_PROCESS'] === 'true' ? START_PROCESSES : []),
      // These need a build.
      'packages/node/test/command/cli.test.ts',
      'packages/otlp-grpc/test/loading.test.ts',
      // These need a process of their own.
      'packages/{trace,logs}/test/sdk-2.test.ts',
      'packages/trace/test/sampling/after-shutdown.test.ts',
    ],
    // A slow machine must not pass for a noticed change: only Stryker's own limit ends a test, and the report counts those.
    testTimeout: 0,
    hookTimeout: 0,
  },
});
