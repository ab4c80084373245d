import { defineConfig } from 'tsup';
import base from '../../tsup.config.base.ts';

export default defineConfig({
  ...base,
  entry: { index: 'src/index.ts', node: 'src/node/index.ts' },
  external: [/^node:/],
  splitting: true,
});
