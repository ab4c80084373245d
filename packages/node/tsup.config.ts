import { defineConfig } from 'tsup';
import base from '../../tsup.config.base.ts';
import { shippingProgram } from './bundle-shipping-program.ts';

export default defineConfig([
  {
    ...base,
    entry: { index: 'src/index.ts', register: 'src/register.ts' },
    platform: 'node',
    define: shippingProgram(),
  },
  // The command is run and never imported. It does not delete the output of the first build.
  { ...base, entry: { cli: 'src/cli.ts' }, format: ['esm'], dts: false, clean: false, platform: 'node' },
]);
