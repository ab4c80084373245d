import { createRequire, isBuiltin } from 'node:module';
import { sep } from 'node:path';
import type { Application } from './application.ts';
import { hookImports } from './import-hook.ts';
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

export interface Providers {
  readonly tracerProvider?: ProviderLike;
  readonly loggerProvider?: ProviderLike;
}

/**
 * Switches on instrumentations: those given, else all of `@opentelemetry/auto-instrumentations-node`, where it is
 * installed, as `OTEL_NODE_ENABLED_INSTRUMENTATIONS` and `OTEL_NODE_DISABLED_INSTRUMENTATIONS` say.
 * @param warn is told of modules that were loaded too early to be instrumented as a whole
 * @returns how many
 */
export function instrument(application: Application, providers: Providers, given: readonly unknown[] | undefined, warn: (message: string) => void): number {
  // Before the instrumentations load what they need themselves. The cache is the same for whatever file requires.
  const loaded = Object.keys(createRequire(process.execPath).cache);
  const auto = application.find(AUTO_INSTRUMENTATIONS);
  const instrumentations = given ?? (auto?.load() as AutoInstrumentationsModule | undefined)?.getNodeAutoInstrumentations() ?? [];
  if (instrumentations.length === 0) return 0;
  const base = application.find(INSTRUMENTATION) ?? auto?.sibling(INSTRUMENTATION);
  if (base === undefined) throw new Error(`${INSTRUMENTATION} is not installed. To install it: npm install ${INSTRUMENTATION}`);
  // Before the instrumentations are told of their providers, and long before the application imports anything.
  const names = moduleNames(instrumentations);
  hookImports(base, names);
  (base.load() as InstrumentationModule).registerInstrumentations({ instrumentations, ...providers });
  const early = names.filter((name) => !isBuiltin(name) && loaded.some((file) => file.includes(`${sep}node_modules${sep}${name.replaceAll('/', sep)}${sep}`)));
  if (early.length > 0) {
    warn(`Spillway was started after these packages were loaded, so some of their spans and log records may be missing: ${early.join(', ')}. Start it first, by --import or --require`);
  }
  return instrumentations.length;
}

/** The modules that are to be changed. No other import goes through the hook, which costs each one and may break it. */
function moduleNames(instrumentations: readonly unknown[]): readonly string[] {
  const definitions = instrumentations.flatMap((one) => (one as InstrumentationLike).getModuleDefinitions?.() ?? []);
  return [...new Set(definitions.map(({ name }) => name).filter((name) => typeof name === 'string'))];
}
