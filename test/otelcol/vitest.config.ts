import { defineConfig } from 'vitest/config';
import root from '../../vitest.config.ts';

export default defineConfig({
  ...(root.define === undefined ? {} : { define: root.define }),
  ...(root.resolve === undefined ? {} : { resolve: root.resolve }),
  test: {
    include: ['**/*.test.ts'],
    setupFiles: root.test?.setupFiles ?? [],
    globalSetup: './global-setup.ts',
    // One file alone keeps two cores busy.
    fileParallelism: false,
    testTimeout: 60_000,
  },
});
