import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Makes one text of the program that ships what is left at the end of a process, from its own sources and those of the
 * transport. The result is for the option `define` of tsup, vitest and esbuild: each puts the text in the place of the name
 * SHIPPING_PROGRAM. So the text needs no file of its own, neither where the package is built nor where it runs.
 */
export function shippingProgram(): { readonly SHIPPING_PROGRAM: string } {
  const { outputFiles } = buildSync({
    entryPoints: [fileOf('src/process-end/shipping-program/main.ts')],
    bundle: true,
    write: false,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22.15',
    // To read this global loads a module of Node, which takes 3 ms. Without it the clock of Date serves, for a second.
    banner: { js: '"use strict";Reflect.deleteProperty(globalThis,"performance");' },
    // Its paths lead to the sources of our packages, so nothing needs to be built before.
    tsconfig: fileOf('../../tsconfig.json'),
  });
  return { SHIPPING_PROGRAM: JSON.stringify(outputFiles[0]?.text ?? '') };
}
