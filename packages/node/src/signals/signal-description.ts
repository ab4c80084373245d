import type { Environment, MetricExporterName, Signal } from '@spillway/config';
import type { RequestSpool } from '@spillway/pipeline';
import type { Application } from '../sdk/application.ts';
import type { InstalledModule } from '../sdk/installed-module.ts';
import type { ApiModule, ProviderLike, ResourceLike } from '../sdk/sdk-module-types.ts';
import type { SdkLine } from '../sdk/sdk-line.ts';
import type { Settings } from '../sdk/settings.ts';
import type { StartOptions } from '../sdk/start-options.ts';
import type { CommonParts, Pipeline } from './pipelines.ts';

/** What a start has to know of a signal. Nothing else in this package lists the signals. */
export interface SignalDescription {
  readonly name: Signal;
  /** As the SDK names its parts: `tracer` for `tracerProvider`. */
  readonly provider: 'tracer' | 'logger' | 'meter';
  /** The packages that contain its SDK, on each line. The first one is what an application installs. */
  readonly packages: Readonly<Record<SdkLine, readonly [name: string, ...others: string[]]>>;
  /** For `npm install`: its SDK, and what that needs besides. */
  readonly install: Readonly<Record<SdkLine, readonly string[]>>;
  /** The package in which its global provider is set: the api, or a separate one. */
  readonly globalApi: Readonly<Record<SdkLine, string>>;
  /** The exporters that have a name. */
  readonly exporters: readonly MetricExporterName[];
  /** Looks for its SDK in the application. Runs none of its code. */
  find(application: Application): InstalledSdk | { readonly problem: string };
  /** What a variable says; `undefined` if none does. */
  drainTimeoutMillis(env: Environment): number | undefined;
  /**
   * Makes its provider, with the pipelines behind it.
   * @returns `undefined` if the signal is switched off
   * @throws RefusedOption, or what the code of the SDK throws
   */
  make(parts: SignalParts): MadeSignal | undefined;
  /**
   * @param api the application's
   * @param globalApi the package that {@link globalApi} names
   * @returns whether the provider is the global one now; if not, the application has registered its own
   */
  register(made: ProviderLike, api: ApiModule, globalApi: InstalledModule | undefined): boolean;
}

/** A package for a signal, if one is installed. */
export interface InstalledSdk {
  readonly module: InstalledModule | undefined;
  /** `undefined` if it belongs to neither line. */
  readonly line: SdkLine | undefined;
}

/** What a signal is made of. */
export interface SignalParts extends CommonParts {
  readonly settings: Settings;
  readonly options: StartOptions;
  readonly spool: RequestSpool | undefined;
  readonly line: SdkLine;
  readonly module: InstalledModule;
  readonly application: Application;
  readonly resource: ResourceLike;
  /** Runs code whose requests, then and later, are not traced. */
  readonly untraced: <T>(run: () => T) => T;
  /** Logs a problem, with which the signal is made all the same. */
  readonly warn: (message: string) => void;
}

/** A signal that is ready to be registered. */
export interface MadeSignal {
  readonly provider: ProviderLike;
  readonly pipelines: readonly Pipeline[];
  /** In the words of the variables. */
  readonly sampler?: string;
  /** Where Prometheus finds it, if it is told to. */
  readonly scrapedAt?: string;
}
