import { defineConfig } from 'vitest/config';
import root from '../../../../vitest.config.ts';

/** Hundreds of processes start and end. */
export default defineConfig({
  ...(root.define === undefined ? {} : { define: root.define }),
  ...(root.resolve === undefined ? {} : { resolve: root.resolve }),
  test: {
    include: ['**/*.test.ts'],
    setupFiles: root.test?.setupFiles ?? [],
    testTimeout: 20_000,
    maxWorkers: 3,
  },
});
