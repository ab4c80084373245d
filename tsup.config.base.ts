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
};

export default options;
