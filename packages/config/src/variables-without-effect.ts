import { onceForProcess, processEnvironment, type Environment, type Warn } from './environment.ts';
import { nearestName } from './nearest-name.ts';
import { environmentVariables } from './variable-table.ts';
import { shown } from './variable.ts';

const OURS = 'SPILLWAY_';
const EVERYBODYS = 'OTEL_';

/** Variables that others read, and why they have no effect here. */
const WITHOUT_EFFECT: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['OTEL_METRICS_EXPORTER', 'there are traces and logs, and no metrics'],
  ['OTEL_CONFIG_FILE', 'files of configuration are not read, and the other variables hold'],
  ['OTEL_EXPERIMENTAL_CONFIG_FILE', 'files of configuration are not read, and the other variables hold'],
]);

/**
 * Warns of each variable that is set in vain, because otherwise a typing error would look like the default:
 *
 * - one that begins with `SPILLWAY_` and is not known;
 * - one that begins with `OTEL_` and differs from a known name by a few characters. Others are left alone, because other
 *   packages read them;
 * - one that has an effect elsewhere, and none here.
 *
 * It shows names, never values.
 *
 * @param env the variables. Default: those of the process
 */
export function warnOfVariablesWithoutEffect(env: Environment = processEnvironment(), warn: Warn): void {
  const warnOnce = onceForProcess(env, warn);
  const known = environmentVariables().map(({ name }) => name);
  for (const name of namesIn(env)) {
    const reason = WITHOUT_EFFECT.get(name);
    if (reason !== undefined) {
      if (!asksForNothing(env[name])) warnOnce(`${name} has no effect: ${reason}`);
      continue;
    }
    const prefix = [OURS, EVERYBODYS].find((start) => name.toUpperCase().startsWith(start));
    if (prefix === undefined || isRead(name, known, env)) continue;
    const near = nearestName(name.toUpperCase(), known, prefix);
    if (near === undefined && prefix === EVERYBODYS) continue;
    warnOnce(`${shown(name)} is not known and has no effect${near === undefined ? '' : `: did you mean ${near}?`}`);
  }
}

/** On Windows a name in any case is the same variable. */
function isRead(name: string, known: readonly string[], env: Environment): boolean {
  return known.includes(name) || (known.includes(name.toUpperCase()) && env[name.toUpperCase()] === env[name]);
}

/** A metrics exporter of `none`, for example, asks for what there is. */
function asksForNothing(value: string | undefined): boolean {
  return ['', 'none', 'false'].includes((value ?? '').trim().toLowerCase());
}

function namesIn(env: Environment): readonly string[] {
  try {
    return Object.keys(env).toSorted();
  } catch {
    // Deno, without the permission to read every variable.
    return [];
  }
}
