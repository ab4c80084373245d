import type { Environment, Warn } from './environment.ts';
import type { ValueType } from './value-types/value-type.ts';

/** How much of a bad value a warning shows: enough to recognize it, but never kilobytes. */
const SHOWN_CHARACTERS = 100;

/** How long a warning's explanation may be. A list may have thousands of bad entries, and only some are named. */
const PROBLEM_CHARACTERS = 500;

/**
 * Reads one variable. A variable that holds only white space counts as unset. An unusable value counts as unset too,
 * after one warning that names the variable and shows the value, unless that may be a secret. Never throws.
 */
export function readVariable<T>(env: Environment, name: string, type: ValueType<T>, warn: Warn): T | undefined {
  const text = textOf(env, name);
  if (text === undefined) return undefined;
  const { value, problem } = type.parse(text);
  if (problem !== undefined) {
    const subject = type.mayHoldSecret?.(text) === true ? name : `${name}=${shown(text)}`;
    const why = cut(problem, PROBLEM_CHARACTERS);
    warn(value === undefined ? `${subject} is ignored: ${why}` : `${subject}: ${why}`);
  }
  return value;
}

/** Whether a variable holds more than white space. Never throws. */
export function isSet(env: Environment, name: string): boolean {
  return textOf(env, name) !== undefined;
}

function textOf(env: Environment, name: string): string | undefined {
  try {
    const text: unknown = env[name];
    return typeof text === 'string' && text.trim() !== '' ? text.trim() : undefined;
  } catch {
    // Deno throws if the program has no permission to read the variable.
    return undefined;
  }
}

/** A foreign value or name as a warning shows it: quoted, and cut if it is long. */
export function shown(text: string): string {
  return JSON.stringify(cut(text, SHOWN_CHARACTERS));
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}...` : text;
}
