import type { Signal } from '@spillway/config';
import type { InstalledSdk, SignalDescription } from '../signals/signal-description.ts';
import { SIGNALS } from '../signals/signals.ts';
import type { Application } from './application.ts';
import { type InstalledModule, isAtLeast, numbersOf } from './installed-module.ts';
import { API, type FoundSdk, type FoundSignal, type SdkLine } from './sdk-line.ts';
import { setUpOfABundle } from './set-up-of-a-bundle.ts';

export type SdkSearch = { readonly sdk: FoundSdk } | { readonly problem: string };

const OURS = '@spillway/node';

/** Packages that identify an application. */
export const SDK_PACKAGES: readonly string[] = SIGNALS.flatMap(({ packages }) => Object.values(packages).flat());

const FITTING_API: Readonly<Record<SdkLine, string>> = { '2.x': `${API}@~1.9.0`, '3.x': `${API}@^1.10.0` };

/**
 * The oldest api that each line needs. A newer global api serves older callers, but an older one never newer callers.
 */
const OLDEST_API: Readonly<Record<SdkLine, string>> = { '2.x': '1.9.0', '3.x': '1.10.0' };

/** Finds the line that the application has installed. Runs none of its code. */
export function findSdk(application: Application): SdkSearch {
  const installed: [SignalDescription, InstalledSdk][] = [];
  for (const signal of SIGNALS) {
    const found = signal.find(application);
    if ('problem' in found) return found;
    installed.push([signal, found]);
  }
  const line = installed.map(([, found]) => found.line).find((found) => found !== undefined);
  const modules = installed.flatMap(([, { module }]) => module ?? []);
  if (line === undefined) return { problem: nothingFits(modules, application) };

  const chosen = installed.filter(([, found]) => found.line === line);
  const api = newestApi(
    application,
    chosen.flatMap(([, { module }]) => module ?? []),
  );
  if (api === undefined)
    return { problem: `${API} is not installed. To install it: npm install ${API}@^${OLDEST_API[line]}` };
  if (!isAtLeast(api.version, OLDEST_API[line]) || numbersOf(api.version)[0] !== 1) {
    return {
      problem: `${API} ${api.version} does not fit OpenTelemetry ${line}, which needs ${OLDEST_API[line]} or newer: npm install ${FITTING_API[line]}`,
    };
  }
  const signals: Partial<Record<Signal, FoundSignal>> = {};
  const missing: Partial<Record<Signal, string>> = {};
  for (const [signal, found] of installed) {
    const { module } = found;
    if (module === undefined || found.line !== line) {
      missing[signal.name] = leftOut(signal, line, module);
      continue;
    }
    const name = signal.globalApi[line];
    const globalApi = name === API ? api : (application.find(name) ?? module.sibling(name));
    signals[signal.name] = { module, globalApi };
  }
  return { sdk: { line, api, signals, missing } };
}

/** The newest of the application's copy and the copies of its SDK packages. */
function newestApi(application: Application, sdks: readonly InstalledModule[]): InstalledModule | undefined {
  const copies = [application.find(API), ...sdks.map((sdk) => sdk.sibling(API))].filter((api) => api !== undefined);
  return copies.reduce<InstalledModule | undefined>(
    (best, api) => (best !== undefined && isAtLeast(best.version, api.version) ? best : api),
    undefined,
  );
}

function nothingFits(unsuitable: readonly InstalledModule[], application: Application): string {
  if (application.find(OURS) === undefined) return nothingToLookUp(application);
  const found = unsuitable.map(({ name, version }) => `${name} ${version}`);
  const what = found.length === 0 ? 'no OpenTelemetry SDK is installed' : `${found.join(' and ')} cannot be used`;
  return `${what}. For ${SIGNALS.map(({ name }) => name).join(', ')}: npm install ${installOf(SIGNALS, '3.x')}`;
}

/** This code runs, so it is somewhere. If the application cannot find it either, no look-up from there can succeed. */
function nothingToLookUp({ path }: Application): string {
  return (
    `no OpenTelemetry SDK can be found from ${path}, and ${OURS} cannot be found there either: the application is bundled, or its packages are elsewhere. ` +
    `If they are elsewhere, pass their path to start({ application }). In a bundle, write this instead of importing ${OURS}/register:\n${setUpOfABundle()}`
  );
}

function leftOut(signal: SignalDescription, line: SdkLine, installed: InstalledModule | undefined): string {
  const why =
    installed === undefined
      ? `no SDK for ${signal.name} is installed`
      : `${installed.name} ${installed.version} does not belong to OpenTelemetry ${line}`;
  return `${signal.name} are left out: ${why}. To have them: npm install ${installOf([signal], line)}`;
}

function installOf(signals: readonly SignalDescription[], line: SdkLine): string {
  return [...signals.flatMap(({ install }) => install[line]), FITTING_API[line]].join(' ');
}
