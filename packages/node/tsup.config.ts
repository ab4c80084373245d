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
  // Run, and never imported. Does not clean what the other has built.
  { ...base, entry: { cli: 'src/cli.ts' }, format: ['esm'], dts: false, clean: false, platform: 'node' },
]);
