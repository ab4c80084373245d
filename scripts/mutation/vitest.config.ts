import { defineConfig, mergeConfig } from 'vitest/config';
import tests from '../../vitest.config.ts';

/** The tests as always, but for code that Stryker has made several times slower. */
export default mergeConfig(
  tests,
  defineConfig({
    test: {
      // One process for all test files of a mutant is several times faster than one for each.
      isolate: process.env['SPILLWAY_MUTATION_ISOLATE'] === 'true',
      exclude: [
        // These measure time.
        '**/*-cost.test.ts',
        // These start processes, or need a build.
        'packages/backpressure/test/process-life.test.ts',
        'packages/node/test/pressure/full-heap.test.ts',
        'packages/pipeline/test/shared-outage.test.ts',
        // These need a process of their own.
        'packages/{trace,logs}/test/sdk-2.test.ts',
        'packages/trace/test/sampling/after-shutdown.test.ts',
      ],
      testTimeout: 60_000,
    },
  }),
);
