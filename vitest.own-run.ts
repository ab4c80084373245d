import { defineConfig, type ViteUserConfig } from 'vitest/config';
import root from './vitest.config.ts';

/** The configuration of tests that `npm test` leaves out: as at the root, but for the folder of the configuration. */
export function ownRun(test: ViteUserConfig['test']): ViteUserConfig {
  return defineConfig({
    ...root,
    test: { include: ['**/*.test.ts'], setupFiles: root.test?.setupFiles ?? [], testTimeout: 60_000, ...test },
  });
}
