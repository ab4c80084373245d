import type { ProcessorSignal as Signal } from '@spillway/config';
import type { Application } from './application.ts';
import { type InstalledModule, isAtLeast, numbersOf } from './installed-module.ts';

/** The two generations of OpenTelemetry JS. */
export type SdkLine = '2.x' | '3.x';

/** The packages that the application has installed, all of one line. At least one signal is present. */
export interface FoundSdk {
  readonly line: SdkLine;
  readonly api: InstalledModule;
  /** The package that contains the tracer provider. */
  readonly traces: InstalledModule | undefined;
  readonly logs: InstalledModule | undefined;
  /** The package in which the global logger provider is set: the api itself, or in line 2.x a separate package. */
  readonly logsApi: InstalledModule | undefined;
  /** Why a signal is left out, and what to install to have it. */
  readonly missing: { readonly [S in Signal]?: string };
}

export type SdkSearch = { readonly sdk: FoundSdk } | { readonly problem: string };

const OURS = '@spillway/node';
const API = '@opentelemetry/api';
const API_LOGS = '@opentelemetry/api-logs';
const SDK_TRACE = '@opentelemetry/sdk-trace';
const SDK_TRACE_2 = ['@opentelemetry/sdk-trace-base', '@opentelemetry/sdk-trace-node'] as const;
const SDK_LOGS = '@opentelemetry/sdk-logs';

/** Packages that identify an application. */
export const SDK_PACKAGES: readonly string[] = [SDK_TRACE, ...SDK_TRACE_2, SDK_LOGS];

const FITTING_API: Readonly<Record<SdkLine, string>> = { '2.x': `${API}@~1.9.0`, '3.x': `${API}@^1.10.0` };

const INSTALL: Readonly<Record<SdkLine, Readonly<Record<Signal, string>>>> = {
  '2.x': {
    traces: `${SDK_TRACE_2[0]}@^2.0.0 ${FITTING_API['2.x']}`,
    logs: `${SDK_LOGS}@^0.223.0 ${API_LOGS}@^0.223.0`,
  },
  '3.x': {
    traces: `${SDK_TRACE}@^3.0.0 ${FITTING_API['3.x']}`,
    logs: `${SDK_LOGS}@^3.0.0 ${FITTING_API['3.x']}`,
  },
};

/**
 * The oldest api that each line needs. A newer global api serves older callers, but an older one never newer callers.
 */
const OLDEST_API: Readonly<Record<SdkLine, string>> = { '2.x': '1.9.0', '3.x': '1.10.0' };

/** Finds the line that the application has installed. Runs none of its code. */
export function findSdk(application: Application): SdkSearch {
  const traces = chooseTraces(application);
  if ('problem' in traces) return traces;
  const logs = application.find(SDK_LOGS);
  const logsLine = logs && lineOfLogs(logs);
  const line = traces.line ?? logsLine;
  if (line === undefined) return { problem: nothingFits([traces.unsuitable, logs], application) };

  const chosenLogs = logsLine === line ? logs : undefined;
  const api = newestApi(application, [traces.module, chosenLogs]);
  if (api === undefined)
    return { problem: `${API} is not installed. To install it: npm install ${API}@^${OLDEST_API[line]}` };
  if (!isAtLeast(api.version, OLDEST_API[line]) || numbersOf(api.version)[0] !== 1) {
    return {
      problem: `${API} ${api.version} does not fit OpenTelemetry ${line}, which needs ${OLDEST_API[line]} or newer: npm install ${FITTING_API[line]}`,
    };
  }
  const logsApi = line === '3.x' ? api : (application.find(API_LOGS) ?? chosenLogs?.sibling(API_LOGS));
  const missing = {
    ...(traces.module === undefined && { traces: leftOut('traces', line, traces.unsuitable) }),
    ...(chosenLogs === undefined && { logs: leftOut('logs', line, logs) }),
  };
  return { sdk: { line, api, traces: traces.module, logs: chosenLogs, logsApi, missing } };
}

interface ChosenTraces {
  readonly line: SdkLine | undefined;
  readonly module: InstalledModule | undefined;
  /** An installed package that belongs to neither line. */
  readonly unsuitable: InstalledModule | undefined;
}

function chooseTraces(application: Application): ChosenTraces | { readonly problem: string } {
  // sdk-trace 2.x is a dependency of sdk-trace-base 2.x, which applications install.
  const candidates = [...SDK_TRACE_2, SDK_TRACE]
    .map((name) => application.find(name))
    .filter((module) => module !== undefined);
  const newer = candidates.find(({ name, version }) => name === SDK_TRACE && numbersOf(version)[0] === 3);
  const older = candidates.find(({ version }) => numbersOf(version)[0] === 2);
  if (newer === undefined || older === undefined) {
    const module = newer ?? older;
    const line = module && (module === newer ? '3.x' : '2.x');
    return { line, module, unsuitable: module === undefined ? candidates[0] : undefined };
  }
  // Both are found if another package brought one of them along. The application uses the one in its package.json.
  const listsNewer = application.lists(SDK_TRACE);
  const listsOlder = SDK_TRACE_2.some((name) => application.lists(name));
  if (listsNewer === listsOlder) return { problem: conflict(newer, older) };
  return listsNewer
    ? { line: '3.x', module: newer, unsuitable: undefined }
    : { line: '2.x', module: older, unsuitable: undefined };
}

function lineOfLogs({ version }: InstalledModule): SdkLine | undefined {
  const [major, minor] = numbersOf(version);
  if (major === 3) return '3.x';
  return major === 0 && minor >= 200 ? '2.x' : undefined;
}

/** The newest of the application's copy and the copies of its SDK packages. */
function newestApi(
  application: Application,
  sdks: readonly (InstalledModule | undefined)[],
): InstalledModule | undefined {
  const copies = [application.find(API), ...sdks.map((sdk) => sdk?.sibling(API))].filter((api) => api !== undefined);
  return copies.reduce<InstalledModule | undefined>(
    (best, api) => (best !== undefined && isAtLeast(best.version, api.version) ? best : api),
    undefined,
  );
}

function nothingFits(unsuitable: readonly (InstalledModule | undefined)[], application: Application): string {
  if (application.find(OURS) === undefined) return nothingToLookUp(application);
  const found = unsuitable.filter((module) => module !== undefined).map(({ name, version }) => `${name} ${version}`);
  const what = found.length === 0 ? 'no OpenTelemetry SDK is installed' : `${found.join(' and ')} cannot be used`;
  return `${what}. For traces and logs: npm install ${INSTALL['3.x'].traces} ${SDK_LOGS}@^3.0.0`;
}

/** This code runs, so it is somewhere. If the application cannot find it either, no look-up from there can succeed. */
function nothingToLookUp({ path }: Application): string {
  return (
    `no OpenTelemetry SDK can be found from ${path}, and ${OURS} cannot be found there either: the application is bundled, or its packages are elsewhere. ` +
    'Pass the modules of the SDK to start({ sdk }), or the path of the packages to start({ application })'
  );
}

function conflict(newer: InstalledModule, older: InstalledModule): string {
  return (
    `two OpenTelemetry SDKs are installed, ${newer.name} ${newer.version} and ${older.name} ${older.version}, and package.json does not say which one is used. ` +
    `Keep one: npm uninstall ${SDK_TRACE_2.join(' ')}, or npm uninstall ${SDK_TRACE}`
  );
}

function leftOut(signal: Signal, line: SdkLine, installed: InstalledModule | undefined): string {
  const why =
    installed === undefined
      ? `no SDK for ${signal} is installed`
      : `${installed.name} ${installed.version} does not belong to OpenTelemetry ${line}`;
  return `${signal} are left out: ${why}. To have them: npm install ${INSTALL[line][signal]}`;
}
