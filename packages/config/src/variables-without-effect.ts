import { onceForProcess, processEnvironment, type Environment, type Warn } from './environment.ts';
import { nearestName } from './nearest-name.ts';
import { readSdkEnvironment } from './sdk-environment.ts';
import type { SdkEnvironment } from './sdk-settings.ts';
import { wordOf } from './value-types/one-of.ts';
import { environmentVariables } from './variable-table.ts';
import { isSet, readVariable, shown } from './variable.ts';

const OURS = 'SPILLWAY_';
const EVERYBODYS = 'OTEL_';
const EXEMPLAR_FILTER = 'OTEL_METRICS_EXEMPLAR_FILTER';

/** Variables that other software reads, and why they have no effect here. */
const WITHOUT_EFFECT: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['OTEL_EXPERIMENTAL_CONFIG_FILE', 'the variable of configuration files is OTEL_CONFIG_FILE now'],
  [EXEMPLAR_FILTER, 'the metrics SDKs of OpenTelemetry JS record no exemplars'],
]);

const SPOOL_DIRECTORY = 'SPILLWAY_SPOOL_DIRECTORY';

/** Without a directory, there is no spool. */
const OF_SPOOL: ReadonlyMap<string, keyof SdkEnvironment> = /* @__PURE__ */ new Map([
  ['SPILLWAY_SPOOL_MAX_BYTES', 'spoolMaxBytes'],
  ['SPILLWAY_SPOOL_SYNC', 'spoolSync'],
  ['SPILLWAY_SPOOL_MAX_AGE', 'spoolMaxAgeMillis'],
]);

/** The words of the specification. */
const exemplarFilter = wordOf(['always_on', 'always_off', 'trace_based']);

/**
 * Warns of each variable that is set but has no effect. Without the warning, a typing error would look like the
 * default. Such a variable
 *
 * - begins with `SPILLWAY_` and is not known; or
 * - begins with `OTEL_` and differs from a known name by a few characters. Other names that begin with `OTEL_` are left
 *   alone, because other packages read them; or
 * - has an effect elsewhere but not here; or
 * - describes a spool, and there is none.
 *
 * Warnings show names. They show no value, because that of an unknown variable may be a secret.
 *
 * @param env the variables. Default: those of the process
 */
export function warnOfVariablesWithoutEffect(env: Environment = processEnvironment(), warn: Warn): void {
  const warnOnce = onceForProcess(env, warn);
  const known = environmentVariables().map(({ name }) => name);
  for (const name of namesIn(env)) {
    const reason = WITHOUT_EFFECT.get(name);
    if (reason !== undefined) {
      if (asksForSomething(name, env, warnOnce)) warnOnce(`${name} has no effect: ${reason}`);
      continue;
    }
    const ofSpool = OF_SPOOL.get(name);
    if (ofSpool !== undefined) {
      // A value that makes no sense was reported already.
      const isUsable = readSdkEnvironment(env)[ofSpool] !== undefined;
      if (isUsable && !isSet(env, SPOOL_DIRECTORY)) warnOnce(`${name} has no effect: ${SPOOL_DIRECTORY} is not set`);
      continue;
    }
    const prefix = [OURS, EVERYBODYS].find((start) => name.toUpperCase().startsWith(start));
    if (prefix === undefined || isRead(name, known, env)) continue;
    const near = nearestName(name.toUpperCase(), known, prefix);
    if (near === undefined && prefix === EVERYBODYS) continue;
    warnOnce(`${shown(name)} is not known and has no effect${near === undefined ? '' : `: did you mean ${near}?`}`);
  }
}

/** On Windows, names that differ only in case are the same variable. */
function isRead(name: string, known: readonly string[], env: Environment): boolean {
  return known.includes(name) || (known.includes(name.toUpperCase()) && env[name.toUpperCase()] === env[name]);
}

/** `always_off`, for example, asks for no exemplars, and there are none. */
function asksForSomething(name: string, env: Environment, warn: Warn): boolean {
  if (name !== EXEMPLAR_FILTER) return isSet(env, name);
  return ![undefined, 'always_off'].includes(readVariable(env, name, exemplarFilter, warn));
}

function namesIn(env: Environment): readonly string[] {
  try {
    return Object.keys(env).toSorted();
  } catch {
    // Deno throws if the program may not read every variable.
    return [];
  }
}
