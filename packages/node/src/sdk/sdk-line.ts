import type { Signal } from '@spillway/config';
import type { InstalledModule } from './installed-module.ts';

/** The two generations of OpenTelemetry JS. */
export type SdkLine = '2.x' | '3.x';

/** The package that both lines have in common. */
export const API = '@opentelemetry/api';

/** The packages that the application has installed, all of one line. At least one signal is present. */
export interface FoundSdk {
  readonly line: SdkLine;
  readonly api: InstalledModule;
  readonly signals: { readonly [S in Signal]?: FoundSignal };
  /** Why a signal is left out, and what to install to have it. */
  readonly missing: { readonly [S in Signal]?: string };
}

export interface FoundSignal {
  /** The package that contains the provider. */
  readonly module: InstalledModule;
  /** The package in which the global provider is set; `undefined` if it is not installed. */
  readonly globalApi: InstalledModule | undefined;
}

/** Every package of an SDK: those of the signals, then the api. */
export function modulesOf({ signals, api }: Pick<FoundSdk, 'signals' | 'api'>): readonly InstalledModule[] {
  return [...Object.values(signals).map(({ module }) => module), api];
}
