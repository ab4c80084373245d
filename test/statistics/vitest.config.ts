import { defineConfig } from 'vitest/config';
import root from '../../vitest.config.ts';

/** What only hundreds of simulated pipelines can show: that sampling is not biased. It needs processor time, and nothing else. */
export default defineConfig({
  ...(root.resolve === undefined ? {} : { resolve: root.resolve }),
  test: {
    include: ['**/*.test.ts'],
    setupFiles: root.test?.setupFiles ?? [],
    testTimeout: 120_000,
  },
});
