import type { InstalledModule } from './installed-module.ts';
import type { CoreModule, ResourcesModule } from './sdk-module-types.ts';
import { type FoundSdk, modulesOf } from './sdk-line.ts';

/** The packages that every signal of an SDK is built on. */
export interface SdkParts {
  readonly core: CoreModule;
  readonly resources: ResourcesModule;
}

/** @throws Error for a package that is not installed; what the code of a package throws */
export function partsOfSdk(sdk: FoundSdk): SdkParts {
  // Every signal's package has its own copies, which are alike.
  const some = modulesOf(sdk)[0]!;
  return {
    core: partOf(some, '@opentelemetry/core').load() as CoreModule,
    resources: partOf(some, '@opentelemetry/resources').load() as ResourcesModule,
  };
}

function partOf(of: InstalledModule, name: string): InstalledModule {
  const found = of.sibling(name);
  if (found === undefined) throw new Error(`${name}, which ${of.name} ${of.version} needs, is not installed`);
  return found;
}
