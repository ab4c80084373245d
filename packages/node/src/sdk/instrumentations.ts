// As a whole: a Node that lacks one of its functions would else refuse to start the application.
import * as nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Application } from './application.ts';
import { findFile, type InstalledModule, numbersOf } from './installed-module.ts';
import type { ProviderLike } from './opentelemetry.ts';

export const AUTO_INSTRUMENTATIONS = '@opentelemetry/auto-instrumentations-node';
const INSTRUMENTATION = '@opentelemetry/instrumentation';

/** What is used of `@opentelemetry/auto-instrumentations-node`. */
export interface AutoInstrumentationsModule {
  getNodeAutoInstrumentations(): readonly unknown[];
  getResourceDetectors?(): readonly unknown[];
}

interface InstrumentationModule {
  registerInstrumentations(options: {
    readonly instrumentations: readonly unknown[];
    readonly tracerProvider?: unknown;
    readonly loggerProvider?: unknown;
  }): () => void;
}

/** What is read of an instrumentation: the modules that it changes. */
interface InstrumentationLike {
  getModuleDefinitions?(): readonly { readonly name?: unknown }[];
}

/** Of import-in-the-middle 3.1 and newer. */
interface HooksInThread {
  readonly supportsSyncHooks?: () => boolean;
  readonly register?: (options: { readonly include: readonly string[] }) => void;
}

export interface Providers {
  readonly tracerProvider?: ProviderLike;
  readonly loggerProvider?: ProviderLike;
}

/**
 * Switches on instrumentations: those given, else all of `@opentelemetry/auto-instrumentations-node`, where it is
 * installed, as `OTEL_NODE_ENABLED_INSTRUMENTATIONS` and `OTEL_NODE_DISABLED_INSTRUMENTATIONS` say.
 * @returns how many
 */
export function instrument(application: Application, providers: Providers, given?: readonly unknown[]): number {
  const auto = application.find(AUTO_INSTRUMENTATIONS);
  const instrumentations = given ?? (auto?.load() as AutoInstrumentationsModule | undefined)?.getNodeAutoInstrumentations() ?? [];
  if (instrumentations.length === 0) return 0;
  const base = application.find(INSTRUMENTATION) ?? auto?.sibling(INSTRUMENTATION);
  if (base === undefined) throw new Error(`${INSTRUMENTATION} is not installed. To install it: npm install ${INSTRUMENTATION}`);
  // Before the instrumentations are told of their providers, and long before the application imports anything.
  hookImports(base, moduleNames(instrumentations));
  (base.load() as InstrumentationModule).registerInstrumentations({ instrumentations, ...providers });
  return instrumentations.length;
}

/** The modules that are to be changed. No other import goes through the hook, which costs each one and may break it. */
function moduleNames(instrumentations: readonly unknown[]): readonly string[] {
  const definitions = instrumentations.flatMap((one) => (one as InstrumentationLike).getModuleDefinitions?.() ?? []);
  return [...new Set(definitions.map(({ name }) => name).filter((name) => typeof name === 'string'))];
}

/**
 * What is required can be changed without help; what is imported only through a loader hook: one in a thread of its
 * own, as OpenTelemetry documents it. Node 26 has deprecated those, with a warning at each start, and gets the one in
 * this thread.
 */
function hookImports(base: InstalledModule, include: readonly string[]): void {
  if (include.length === 0) return;
  const inThread = isDeprecatedToRegister() ? (base.sibling('import-in-the-middle/register-hooks.mjs')?.load() as HooksInThread | undefined) : undefined;
  if (inThread?.supportsSyncHooks?.() === true && inThread.register !== undefined) {
    inThread.register({ include });
    keepBuiltInsAlike(include.filter(nodeModule.isBuiltin));
    return;
  }
  const loader = findFile(`${INSTRUMENTATION}/hook.mjs`, base.file);
  if (loader !== undefined) nodeModule.register(pathToFileURL(loader), { data: { include } });
}

/**
 * Where the application imports a built-in module, the hook in this thread requires it to see its names. So the module is
 * changed as a required one, for which the instrumentation leaves the imported one alone: and that has the functions of
 * before where anything has imported it already, as our transport has `node:http`.
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
 * Not so for `node -e`: with import-in-the-middle 3.6.0 in this thread and `--require`, that ends with ENOENT for a file
 * named `module` before the first statement (Node 24.21 and 26.10). A warning is better.
 */
function isDeprecatedToRegister(): boolean {
  const isEvaluated = process.execArgv.some((argument) => /^(-[a-z]*[ep]|--eval|--print)/.test(argument));
  return numbersOf(process.versions.node)[0] >= 26 && !isEvaluated;
}
