import type { Application } from './application.ts';
import type { InstalledModule } from './installed-module.ts';
import type { FoundSdk } from './sdk-line.ts';

/**
 * Modules of OpenTelemetry by the names of their packages, such as `import * as core from '@opentelemetry/core'`.
 *
 * The api, `core` and `resources` are always required, and an SDK for traces, logs or both. On line 2.x, logs also need
 * `api-logs`. Other packages that a start looks up may be given as well: `context-async-hooks`, `instrumentation`,
 * `auto-instrumentations-node`.
 */
export interface SdkModules {
  readonly '@opentelemetry/api': object;
  readonly '@opentelemetry/core': object;
  readonly '@opentelemetry/resources': object;
  /** Line 3.x. */
  readonly '@opentelemetry/sdk-trace'?: object;
  /** Line 2.x. */
  readonly '@opentelemetry/sdk-trace-base'?: object;
  readonly '@opentelemetry/sdk-logs'?: object;
  /** Line 2.x. */
  readonly '@opentelemetry/api-logs'?: object;
  readonly [name: string]: object | undefined;
}

const API = '@opentelemetry/api';
const API_LOGS = '@opentelemetry/api-logs';
const SDK_TRACE = '@opentelemetry/sdk-trace';
const SDK_TRACE_2 = '@opentelemetry/sdk-trace-base';
const SDK_LOGS = '@opentelemetry/sdk-logs';

/** @throws TypeError that names the package that is missing or is not a module */
export function checkGivenModules(modules: unknown): void {
  if (!isObject(modules)) throw new TypeError(`sdk must be an object of modules, got ${typeof modules}`);
  const given = modules as Readonly<Record<string, unknown>>;
  for (const [name, module] of Object.entries(given)) {
    if (module !== undefined && !isObject(module))
      throw new TypeError(`sdk must have modules, got ${typeof module} for ${name}`);
  }
  for (const name of [API, '@opentelemetry/core', '@opentelemetry/resources']) {
    if (given[name] === undefined) throw new TypeError(`sdk must have ${name}`);
  }
  if ([SDK_TRACE, SDK_TRACE_2, SDK_LOGS].every((name) => given[name] === undefined)) {
    throw new TypeError(`sdk must have ${SDK_TRACE} (${SDK_TRACE_2} on line 2.x), ${SDK_LOGS}, or both`);
  }
  if (given[SDK_LOGS] !== undefined && given[API_LOGS] === undefined && !('logs' in (given[API] as object))) {
    throw new TypeError(`sdk must have ${API_LOGS} together with ${SDK_LOGS}, because this ${API} has no logs`);
  }
}

/** Replaces the installed packages: nothing else is looked up. */
export function givenApplication(modules: SdkModules): Application {
  return {
    path: 'the option sdk',
    find: (name) => moduleOf(modules, name),
    lists: (name) => modules[name] !== undefined,
  };
}

/** There is no version to read, so packages tell the line: line 3.x has neither `sdk-trace-base` nor `api-logs`. */
export function givenSdk(modules: SdkModules): FoundSdk {
  const find = (name: string) => moduleOf(modules, name);
  const line = (find(SDK_TRACE_2) ?? find(API_LOGS)) === undefined ? '3.x' : '2.x';
  const api = find(API)!;
  const traces = find(SDK_TRACE_2) ?? find(SDK_TRACE);
  const logs = find(SDK_LOGS);
  const missing = {
    ...(traces === undefined && { traces: leftOut('traces', line === '2.x' ? SDK_TRACE_2 : SDK_TRACE) }),
    ...(logs === undefined && { logs: leftOut('logs', SDK_LOGS) }),
  };
  return { line, api, traces, logs, logsApi: find(API_LOGS) ?? api, missing };
}

function leftOut(signal: string, name: string): string {
  return `${signal} are left out, because the option sdk has no ${name}`;
}

function moduleOf(modules: SdkModules, name: string): InstalledModule | undefined {
  const module = modules[name];
  if (module === undefined) return undefined;
  return { name, version: 'as given', file: '', load: () => module, sibling: (other) => moduleOf(modules, other) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
