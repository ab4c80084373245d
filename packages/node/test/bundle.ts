import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { zpagesServer } from '../../zpages/bundle-programs.ts';
import { shippingProgram } from '../bundle-shipping-program.ts';

const REPOSITORY = new URL('../../../', import.meta.url);
const fileOf = (path: string) => fileURLToPath(new URL(path, REPOSITORY));

/** Only for our packages, because the SDK has imports of that name as well. */
const PLATFORM_IMPORTS = [
  {
    filter: /^#platform$/,
    importers: '/packages/otlp/src/',
    path: fileOf('packages/otlp/src/platform/platform.node.ts'),
  },
  {
    filter: /^#optional$/,
    importers: '/packages/pipeline/src/',
    path: fileOf('packages/pipeline/src/optional/optional.default.ts'),
  },
  {
    filter: /^#scope$/,
    importers: '/packages/pipeline/src/',
    path: fileOf('packages/pipeline/src/scope/scope.node.ts'),
  },
];

/** Resolves our packages to their sources. */
const sources: Plugin = {
  name: 'sources',
  setup({ onResolve }) {
    for (const { filter, importers, path } of PLATFORM_IMPORTS) {
      onResolve({ filter }, ({ importer }) => (importer.includes(importers) ? { path } : undefined));
    }
    onResolve({ filter: /^@spillway\/[a-z]+(\/[a-z]+)?$/ }, ({ path }) => {
      const [, name = '', folder = '.'] = path.split('/');
      return { path: fileOf(`packages/${name}/src/${folder}/index.ts`) };
    });
  },
};

/**
 * Bundles a module and everything it imports into one file, as some applications do. Our packages come from their
 * sources.
 */
export async function bundle(source: string, outfile: string, format: 'esm' | 'cjs' = 'esm'): Promise<void> {
  await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('test/', REPOSITORY)), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format,
    outfile,
    plugins: [sources],
    define: { ...shippingProgram(), ...zpagesServer() },
    minify: true,
    keepNames: true,
    banner:
      format === 'esm'
        ? {
            js: "import { createRequire as requireOfBundle } from 'node:module'; const require = requireOfBundle(import.meta.url);",
          }
        : {},
    alias: {
      '@opentelemetry/api': fileURLToPath(new URL('test/node_modules/@opentelemetry/api', REPOSITORY)),
    },
  });
}
