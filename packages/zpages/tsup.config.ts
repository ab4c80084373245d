import { defineConfig } from 'tsup';
import base from '../../tsup.config.base.ts';
import { zpagesServer } from './bundle-programs.ts';

export default defineConfig({
  ...base,
  // The options apart, because they can be checked without the page.
  entry: { index: 'src/index.ts', options: 'src/options/index.ts' },
  platform: 'node',
  define: zpagesServer(),
});
