import type { Signal } from '@spillway/config';
import type { SignalDescription } from '../signals/signal-description.ts';
import { SIGNALS } from '../signals/signals.ts';
import type { Application } from './application.ts';
import type { SdkModules } from './given-modules.ts';
import type { InstalledModule } from './installed-module.ts';
import { API, type FoundSdk, type FoundSignal, type SdkLine } from './sdk-line.ts';

const API_LOGS = '@opentelemetry/api-logs';
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
  if (SIGNALS.every((signal) => namesOf(signal).every((name) => given[name] === undefined)))
    throw new TypeError(`sdk must have at least one of ${SIGNALS.map(choiceOf).join(', ')}`);
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

export function givenSdk(modules: SdkModules): FoundSdk {
  const find = (name: string) => moduleOf(modules, name);
  const line = lineOf(modules);
  const api = find(API)!;
  const signals: Partial<Record<Signal, FoundSignal>> = {};
  const missing: Partial<Record<Signal, string>> = {};
  for (const signal of SIGNALS) {
    const module = namesOf(signal)
      .map(find)
      .find((found) => found !== undefined);
    if (module === undefined)
      missing[signal.name] = `${signal.name} are left out, because the option sdk has no ${signal.packages[line][0]}`;
    else signals[signal.name] = { module, globalApi: find(signal.globalApi['2.x']) ?? api };
  }
  return { line, api, signals, missing };
}

/**
 * There is no version to read, so packages tell the line: line 3.x has neither `sdk-trace-base` nor `api-logs`. Metrics
 * alone are in a package of the same name, but the api of line 3.x has logs.
 */
function lineOf(modules: SdkModules): SdkLine {
  if (modules['@opentelemetry/sdk-trace-base'] !== undefined || modules[API_LOGS] !== undefined) return '2.x';
  return modules['@opentelemetry/sdk-trace'] !== undefined || 'logs' in modules[API] ? '3.x' : '2.x';
}

/** The packages that may be given for a signal. */
function namesOf({ packages }: SignalDescription): readonly string[] {
  return [...new Set([packages['2.x'][0], packages['3.x'][0]])];
}

function choiceOf({ packages }: SignalDescription): string {
  const [older, newer] = [packages['2.x'][0], packages['3.x'][0]];
  return older === newer ? newer : `${newer} (${older} on line 2.x)`;
}

function moduleOf(modules: SdkModules, name: string): InstalledModule | undefined {
  const module = modules[name];
  if (module === undefined) return undefined;
  return { name, version: 'as given', file: '', load: () => module, sibling: (other) => moduleOf(modules, other) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
