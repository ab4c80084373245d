import { defineConfig, mergeConfig } from 'vitest/config';
import tests from '../../vitest.config.ts';

/** The tests as always, but for code that Stryker has made several times slower. */
export default mergeConfig(
  tests,
  defineConfig({
    test: {
      // These measure time.
      exclude: ['**/*-cost.test.ts'],
      testTimeout: 60_000,
    },
  }),
);
