import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { SdkLine, Suite } from './suites.ts';
import { withTurns } from './with-turns.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ADAPTERS = fileURLToPath(new URL('adapters/', import.meta.url));
/** What the condition `node` selects. */
const FOR_NODE: Readonly<Record<string, string>> = {
  '#platform': 'otlp/src/platform/platform.node.ts',
  '#optional': 'pipeline/src/optional/optional.default.ts',
  '#scope': 'pipeline/src/scope/scope.node.ts',
};
const INTERNAL_LOG_MODULE = /^src\/(LogRecordImpl|internal\/LoggerProviderSharedState)$/;

/** How a suite is run. */
export type Reading = 'as written' | 'with turns';

/**
 * Makes one file for Mocha: upstream's tests, read from its checkout, with ours in place of the modules under test.
 */
export async function bundle(
  suite: Suite,
  line: SdkLine,
  reading: Reading,
  checkout: string,
  outfile: string,
): Promise<void> {
  await build({
    entryPoints: [join(checkout, suite.package, suite.file)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['sinon'],
    logLevel: 'error',
    // Upstream's files have settings for compilers that are not installed.
    tsconfigRaw: {},
    plugins: [substitution(suite, line, reading, checkout)],
  });
}

function substitution(suite: Suite, line: SdkLine, reading: Reading, checkout: string): Plugin {
  const upstreamPackage = join(checkout, suite.package);
  return {
    name: 'substitution',
    setup({ onResolve, onLoad, resolve: resolveAs }) {
      onResolve({ filter: /^\./ }, ({ path, resolveDir, importer }) => {
        const module = relative(upstreamPackage, resolve(resolveDir, path)).replace(/\/index$/, '');
        const isUpstreams = importer.startsWith(join(upstreamPackage, 'test'));
        if (isUpstreams && suite.instead[module] !== undefined)
          return { path: join(ADAPTERS, `${suite.instead[module]}.ts`) };
        if (isUpstreams && INTERNAL_LOG_MODULE.test(module))
          return { path: line.logInternals.replace('*', module.replace('src/', '')) };
        // For the answer's body, which our transport reads but does not return.
        if (path === './http-exchange.node.ts' && importer.endsWith('http-transport.node.ts'))
          return { path: join(ADAPTERS, 'observed-exchange.ts') };
        return undefined;
      });
      // Upstream's build generates this file.
      onResolve({ filter: /\/version$/ }, ({ importer }) =>
        importer.startsWith(upstreamPackage) ? { path: 'version', namespace: 'written-by-upstream' } : undefined,
      );
      onLoad({ filter: /^/, namespace: 'written-by-upstream' }, () => ({
        contents: "export const VERSION = '0.0.0';",
      }));
      onResolve({ filter: /^upstream:/ }, ({ path }) =>
        resolveAs(`./${path.replace('upstream:', '')}`, { kind: 'import-statement', resolveDir: upstreamPackage }),
      );
      // The 2.x line is not completely installed.
      if (line.name === '2.x')
        onResolve({ filter: /^@opentelemetry\/otlp-transformer$/ }, () => ({
          path: join(checkout, 'experimental/packages/otlp-transformer/src/index.ts'),
        }));
      onResolve({ filter: /^@opentelemetry\// }, ({ path, importer, kind, pluginData }) => {
        if (pluginData === 'found' || importer.includes('/node_modules/')) return undefined;
        return resolveAs(path, { kind, resolveDir: line.folder, pluginData: 'found' });
      });
      onResolve({ filter: /^@spillway\// }, ({ path }) => {
        const [name = '', folder = ''] = path.replace('@spillway/', '').split('/');
        return { path: join(ROOT, 'packages', name, 'src', folder, 'index.ts') };
      });
      onResolve({ filter: /^#(platform|optional|scope)$/ }, ({ path, importer }) => {
        const file = FOR_NODE[path] ?? '';
        return importer.startsWith(join(ROOT, 'packages')) ? { path: join(ROOT, 'packages', file) } : undefined;
      });
      onLoad({ filter: /\.test\.ts$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        if (reading === 'as written') return { contents: source, loader: 'ts' };
        return { contents: withTurns(source, join(ADAPTERS, 'turns.ts')), loader: 'ts' };
      });
    },
  };
}
