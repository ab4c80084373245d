import { defineConfig } from 'vitest/config';
import root from '../../vitest.config.ts';

export default defineConfig({
  ...(root.resolve === undefined ? {} : { resolve: root.resolve }),
  test: { include: ['**/*.test.ts', '../../examples/zero-code-express/test/*.test.ts'], testTimeout: 20_000 },
});
