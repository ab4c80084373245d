import { onceForProcess, processEnvironment, type Environment, type Warn } from './environment.ts';
import { environmentVariables } from './variable-table.ts';
import { shown } from './variable.ts';

const OURS = 'SPILLWAY_';

/** As many typing errors still look like the word: one in four characters, and three at most. */
const MOST_ERRORS = 3;

/** Variables that others read, or a later version may, and why they have no effect here. */
const WITHOUT_EFFECT: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['OTEL_METRICS_EXPORTER', 'there are traces and logs, and no metrics'],
  ['OTEL_CONFIG_FILE', 'files of configuration are not read, and the other variables hold'],
  ['OTEL_EXPERIMENTAL_CONFIG_FILE', 'files of configuration are not read, and the other variables hold'],
  ['SPILLWAY_SPOOL_DIRECTORY', 'this version has no spool'],
  ['SPILLWAY_SPOOL_MAX_BYTES', 'this version has no spool'],
  ['SPILLWAY_SELF_METRICS', 'this version has no metrics of its own'],
  ['SPILLWAY_ZPAGES_PORT', 'this version has no z-pages'],
]);

/**
 * Warns of each variable that is set in vain: one that begins with `SPILLWAY_` and is none of ours, since a typing error in
 * a name would else go unnoticed, as the default does; and one that has an effect elsewhere. Names, and never values.
 *
 * @param env the variables. Default: those of the process
 */
export function warnOfVariablesWithoutEffect(env: Environment = processEnvironment(), warn: Warn): void {
  const warnOnce = onceForProcess(env, warn);
  const known = environmentVariables().map(({ name }) => name).filter((name) => name.startsWith(OURS));
  for (const name of namesIn(env)) {
    const reason = WITHOUT_EFFECT.get(name);
    if (reason !== undefined) {
      if (!asksForNothing(env[name])) warnOnce(`${name} has no effect: ${reason}`);
      continue;
    }
    if (!name.toUpperCase().startsWith(OURS) || known.includes(name)) continue;
    const near = nearest(name.toUpperCase(), known);
    warnOnce(`${shown(name)} is not known and has no effect${near === undefined ? '' : `: did you mean ${near}?`}`);
  }
}

/** Whoever wants no metrics gets none. */
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

function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    // A name may be of any length: only one of about as many letters is worth the comparison.
    .filter((candidate) => Math.abs(candidate.length - name.length) <= MOST_ERRORS)
    .map((candidate) => ({ candidate, errors: errorsBetween(name, candidate) }))
    .filter(({ errors }) => errors <= Math.min(MOST_ERRORS, (name.length - OURS.length) / 4))
    .toSorted((a, b) => a.errors - b.errors);
  return ranked[0]?.candidate;
}

/** Levenshtein's distance: characters to put in, take out or exchange. */
function errorsBetween(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const exchanged = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(exchanged, above[column]! + 1, current[column - 1]! + 1));
    }
    above = current;
  }
  return above[b.length]!;
}
