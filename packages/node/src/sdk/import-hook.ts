// A namespace import, because a Node that lacks one of the functions would otherwise refuse to start the application.
import * as nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';
import { findFile, type InstalledModule, numbersOf } from './installed-module.ts';

/** The part of import-in-the-middle 3.1 and newer that is needed. */
interface HooksInThread {
  readonly supportsSyncHooks?: () => boolean;
  readonly register?: (options: { readonly include: readonly string[] }) => void;
}

/**
 * Lets the instrumentations patch imported modules. Required modules need no help from here.
 *
 * Node has two kinds of loader hooks. A hook in this thread leaves `require` as it is. A hook in a separate thread,
 * which OpenTelemetry documents, does not: on Node 22 and 24, a CommonJS module whose source passes through it, such as
 * TypeScript, gets a `require` that instrumentations do not see. So the second kind is used only if the first does not
 * work: on Node 22 before 22.22.3, on Node 24 before 24.11.1, and with an older import-in-the-middle.
 *
 * @param base `@opentelemetry/instrumentation`
 * @param include the modules that instrumentations patch
 */
export function hookImports(base: InstalledModule, include: readonly string[]): void {
  if (include.length === 0) return;
  const inThread = isEvaluated()
    ? undefined
    : (base.sibling('import-in-the-middle/register-hooks.mjs')?.load() as HooksInThread | undefined);
  if (inThread?.supportsSyncHooks?.() === true && inThread.register !== undefined) {
    inThread.register({ include });
    keepBuiltInsAlike(include.filter(nodeModule.isBuiltin));
    if (numbersOf(process.versions.node)[0] < 24) requireImportedTypeScript();
    return;
  }
  const loader = findFile(`${base.name}/hook.mjs`, base.file);
  if (loader === undefined) return;
  nodeModule.register(pathToFileURL(loader), { data: { include } });
  nodeModule.register(REQUIRES_IMPORTED_TYPESCRIPT);
}

/**
 * If the application imports a built-in module, the hook in this thread requires the module to see its names. So the
 * instrumentation patches the required module but not the imported one. The imported one then keeps the original
 * functions if something has imported it before, as our transport does with `node:http`.
 */
function keepBuiltInsAlike(names: readonly string[]): void {
  const urls = new Set(names.map((name) => `node:${name}`));
  nodeModule.registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (urls.has(url.split('?', 1)[0] ?? '')) nodeModule.syncBuiltinESMExports();
      return loaded;
    },
  });
}

/**
 * Node 22 gives imported CommonJS TypeScript, such as a main file with `--import`, a special `require`. That function
 * calls the hook as if for an import and gets an ES module that is not linked, and the application ends. If the source
 * is left out, Node loads the file as a required one, and strips its types too.
 */
function requireImportedTypeScript(): void {
  nodeModule.registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const isImported = !context.conditions.includes('require');
      return isImported && loaded.format === 'commonjs-typescript' ? { format: 'commonjs' } : loaded;
    },
  });
}

/**
 * The same for the hook in a separate thread, which is never called for required modules. Node loads it from this URL.
 */
const REQUIRES_IMPORTED_TYPESCRIPT = `data:text/javascript,${encodeURIComponent(`
  export async function load(url, context, nextLoad) {
    const loaded = await nextLoad(url, context);
    return loaded.format === 'commonjs-typescript' ? { format: 'commonjs', source: null } : loaded;
  }
`)}`;

/**
 * `node -e` needs the hook in a separate thread, although Node 26 warns of it at each start. With import-in-the-middle
 * 3.6.0 in this thread and `--require`, the process ends with ENOENT for a file named `module` before the first
 * statement.
 */
function isEvaluated(): boolean {
  return process.execArgv.some((argument) => /^(-[a-z]*[ep]|--eval|--print)/.test(argument));
}
