import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const REPOSITORY = new URL('../../../', import.meta.url);
const sourceOf = (name: string) => fileURLToPath(new URL(`packages/${name}/src/index.ts`, REPOSITORY));

/** The SDK has imports of that name as well. */
const ownPlatform: Plugin = {
  name: 'own-platform',
  setup({ onResolve }) {
    const path = fileURLToPath(new URL('packages/otlp/src/platform/platform.node.ts', REPOSITORY));
    onResolve({ filter: /^#platform$/ }, ({ importer }) => (importer.includes('/packages/otlp/src/') ? { path } : undefined));
  },
};

/** Makes one file of a module and all that it imports, our packages from their sources, as applications do that bundle. */
export async function bundle(source: string, outfile: string, format: 'esm' | 'cjs' = 'esm'): Promise<void> {
  await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('test/', REPOSITORY)), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format,
    outfile,
    plugins: [ownPlatform],
    minify: true,
    keepNames: true,
    banner: format === 'esm' ? { js: "import { createRequire as requireOfBundle } from 'node:module'; const require = requireOfBundle(import.meta.url);" } : {},
    alias: {
      ...Object.fromEntries(['backpressure', 'config', 'logs', 'node', 'otlp', 'sampling', 'trace'].map((name) => [`@spillway/${name}`, sourceOf(name)])),
      '@opentelemetry/api': fileURLToPath(new URL('test/node_modules/@opentelemetry/api', REPOSITORY)),
    },
  });
}
