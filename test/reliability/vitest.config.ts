import { defineConfig } from 'vitest/config';
import root from '../../vitest.config.ts';

/** Pipelines under load with faults. They mostly wait, so three files run at once. */
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
