// A namespace import for bundlers: see installed-module.ts.
import * as nodeModule from 'node:module';
import { sep } from 'node:path';
import type { Application } from './application.ts';
import { hookImports } from './import-hook.ts';
import type { ProviderLike } from './sdk-module-types.ts';

export const AUTO_INSTRUMENTATIONS = '@opentelemetry/auto-instrumentations-node';
const INSTRUMENTATION = '@opentelemetry/instrumentation';

/** The part of `@opentelemetry/auto-instrumentations-node` that is used. */
export interface AutoInstrumentationsModule {
  getNodeAutoInstrumentations(): readonly unknown[];
  getResourceDetectors?(): readonly unknown[];
}

interface InstrumentationModule {
  registerInstrumentations(options: {
    readonly instrumentations: readonly unknown[];
    readonly tracerProvider?: unknown;
    readonly loggerProvider?: unknown;
    readonly meterProvider?: unknown;
  }): () => void;
}

/** The part of an instrumentation that is read: the modules that it patches. */
interface InstrumentationLike {
  getModuleDefinitions?(): readonly { readonly name?: unknown }[];
}

export interface Providers {
  readonly tracerProvider?: ProviderLike;
  readonly loggerProvider?: ProviderLike;
  readonly meterProvider?: ProviderLike;
}

/**
 * Switches on instrumentations: the given ones, or all of `@opentelemetry/auto-instrumentations-node` if it is
 * installed and as far as `OTEL_NODE_ENABLED_INSTRUMENTATIONS` and `OTEL_NODE_DISABLED_INSTRUMENTATIONS` allow.
 * @param warn receives a message about modules that were loaded too early to be fully instrumented
 * @returns how many
 */
export function instrument(
  application: Application,
  providers: Providers,
  given: readonly unknown[] | undefined,
  warn: (message: string) => void,
): number {
  // Read this before the instrumentations load their own dependencies. All files share the cache.
  const loaded = Object.keys(nodeModule.createRequire(process.execPath).cache);
  const auto = application.find(AUTO_INSTRUMENTATIONS);
  const instrumentations =
    given ?? (auto?.load() as AutoInstrumentationsModule | undefined)?.getNodeAutoInstrumentations() ?? [];
  if (instrumentations.length === 0) return 0;
  const base = application.find(INSTRUMENTATION) ?? auto?.sibling(INSTRUMENTATION);
  if (base === undefined)
    throw new Error(`${INSTRUMENTATION} is not installed. To install it: npm install ${INSTRUMENTATION}`);
  // Before the instrumentations get their providers, and long before the application imports anything.
  const names = moduleNames(instrumentations);
  hookImports(base, names);
  (base.load() as InstrumentationModule).registerInstrumentations({ instrumentations, ...providers });
  const early = names.filter(
    (name) =>
      !nodeModule.isBuiltin(name) &&
      loaded.some((file) => file.includes(`${sep}node_modules${sep}${name.replaceAll('/', sep)}${sep}`)),
  );
  if (early.length > 0) {
    warn(
      `Spillway was started after these packages were loaded, so some of their telemetry may be missing: ${early.join(', ')}. Start it first, with --import or --require`,
    );
  }
  return instrumentations.length;
}

/** The modules to patch. No other import goes through the hook, which slows each one down and may break it. */
function moduleNames(instrumentations: readonly unknown[]): readonly string[] {
  const definitions = instrumentations.flatMap((one) => (one as InstrumentationLike).getModuleDefinitions?.() ?? []);
  return [...new Set(definitions.map(({ name }) => name).filter((name) => typeof name === 'string'))];
}
