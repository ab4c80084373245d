import type { Options } from 'tsup';

const options: Options = {
  entry: { index: 'src/index.ts' },
  format: ['esm', 'cjs'],
  dts: true,
  sourcemap: true,
  clean: true,
  target: 'es2023',
  platform: 'neutral',
  treeshake: false,
  // tsup strips `node:` from imports by default, which Deno and Workers do not understand.
  removeNodeProtocol: false,
  esbuildOptions(esbuild, { format }) {
    // So that CommonJS files list their exports in a way that Node can read: `import { X } from './index.cjs'` works.
    if (format === 'cjs') esbuild.platform = 'node';
  },
};

export default options;
