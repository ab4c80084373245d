import { defineConfig } from 'tsup';
import base from '../../tsup.config.base.ts';
import { shippingProgram } from './bundle-shipping-program.ts';

export default defineConfig([
  {
    ...base,
    entry: { index: 'src/index.ts', register: 'src/register.ts' },
    platform: 'node',
    define: shippingProgram(),
    // A few lines, which every start would have to look up as a file.
    noExternal: ['@spillway/zpages/options', '@spillway/pipeline/serverless'],
    esbuildOptions(esbuild, context) {
      base.esbuildOptions?.(esbuild, context);
      // Otherwise a CommonJS application would get a second copy of every package, because `import` loads their ESM.
      if (context.format === 'cjs') esbuild.supported = { ...esbuild.supported, 'dynamic-import': false };
    },
  },
  // The command is run and never imported. It does not delete the output of the first build.
  { ...base, entry: { cli: 'src/cli.ts' }, format: ['esm'], dts: false, clean: false, platform: 'node' },
]);
