import { defineConfig } from 'tsup';
import base from '../../tsup.config.base.ts';

export default defineConfig({
  ...base,
  entry: { index: 'src/index.ts', 'index.browser': 'src/index.browser.ts' },
  // Only one of them is ever loaded.
  splitting: false,
});
