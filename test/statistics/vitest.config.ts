import { defineConfig } from 'vitest/config';
import root from '../../vitest.config.ts';

/**
 * Only hundreds of simulated pipelines can show that sampling is unbiased, and half an hour of simulated outage has
 * millions of items. These tests need CPU time and nothing else.
 */
export default defineConfig({
  ...(root.define === undefined ? {} : { define: root.define }),
  ...(root.resolve === undefined ? {} : { resolve: root.resolve }),
  test: {
    include: ['**/*.test.ts'],
    setupFiles: root.test?.setupFiles ?? [],
    testTimeout: 120_000,
  },
});
