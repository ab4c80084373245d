import { defineConfig } from 'vitest/config';
import root from '../../vitest.config.ts';

export default defineConfig({
  ...(root.resolve === undefined ? {} : { resolve: root.resolve }),
  test: {
    include: ['**/*.test.ts', '../../examples/zero-code-express/test/*.test.ts'],
    testTimeout: 60_000,
    // Each end of a process takes two processes and has a second, and starting the three signals takes most of it on a busy core.
    maxConcurrency: 2,
  },
});
