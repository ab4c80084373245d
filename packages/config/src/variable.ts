import type { Environment, Warn } from './environment.ts';
import type { ValueType } from './value-types/value-type.ts';

/** How much of a bad value a warning shows: enough to recognize it, and never a log line of kilobytes. */
const SHOWN_CHARACTERS = 100;

/** How much it says of what is wrong: some entries of a list, and not the thousands that it may have. */
const PROBLEM_CHARACTERS = 500;

/**
 * Reads one variable. Nothing but white space is unset; what cannot be used is unset too, after one warning
 * that names the variable and shows its value, unless that may be a secret. Never throws.
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
    // Deno throws for each variable that the program was given no permission to read.
    return undefined;
  }
}

/** A value, or a name that is not ours, as a warning shows it: quoted, and not whole where it is long. */
export function shown(text: string): string {
  return JSON.stringify(cut(text, SHOWN_CHARACTERS));
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}...` : text;
}
