import { fileURLToPath } from 'node:url';
import { createContext, Script } from 'node:vm';
import type * as logs from '@spillway/logs';
import type * as trace from '@spillway/trace';
import { build, type Platform } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * Each is replaced by a name that the tests can search for, if code means the global and not its own variable.
 * `setImmediate` is not in the list, because it may be used if it exists.
 */
const NODE_GLOBALS = ['process', 'Buffer', 'require', '__dirname', '__filename'];
const MARK = 'GLOBAL_OF_NODE_';

export interface Bundle {
  readonly code: string;
  /** The lines that use a global of Node. */
  readonly linesWithNodeGlobals: readonly string[];
  /** The remaining imports. */
  readonly imports: readonly string[];
}

/**
 * Bundles the built packages, like the bundler of an application.
 * @param conditions of the platform's bundlers, in addition to those of `platform`
 */
export async function bundleFor(platform: Platform, conditions: readonly string[] = []): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export * from '@spillway/trace'; export * from '@spillway/logs';`, resolveDir: here },
    // The paths of the repository's tsconfig would lead to the sources.
    tsconfigRaw: {},
    platform,
    // The default, which any list replaces.
    conditions: ['module', ...conditions],
    bundle: true,
    format: 'iife',
    globalName: 'spillway',
    define: Object.fromEntries(NODE_GLOBALS.map((name) => [name, MARK + name])),
    metafile: true,
    write: false,
  });
  const code = outputFiles[0]?.text ?? '';
  return {
    code,
    linesWithNodeGlobals: code.split('\n').filter((line) => line.includes(MARK)),
    imports: Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path)),
  };
}

/** Loads a bundle into a realm that has only the language and these globals. */
export function loadInto(globals: Record<string, unknown>, { code }: Bundle): typeof trace & typeof logs {
  const context = createContext(globals);
  new Script(code, { filename: 'bundle.js' }).runInContext(context);
  return (context as { spillway: typeof trace & typeof logs }).spillway;
}
