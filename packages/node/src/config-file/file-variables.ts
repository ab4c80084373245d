import { type Environment, environmentVariables } from '@spillway/config';
import type { Section } from './section.ts';

/** A part of a file, expressed as variables, so that one set of readers, checks and defaults serves both. */
export class FileVariables {
  readonly #values = new Map<string, string>();
  readonly #paths = new Map<string, string>();

  set(name: string, value: string, path: string): void {
    this.#values.set(name, value);
    this.#paths.set(name, path);
  }

  /** Sets a variable if the section has the key. */
  take(
    name: string,
    section: Section,
    key: string,
    textOf: (value: unknown) => string | undefined = textOfValue,
  ): void {
    const value = section.get(key);
    const text = value === undefined ? undefined : textOf(value);
    if (text !== undefined) this.set(name, text, section.pathOf(key));
  }

  /** Sets our own variables: each key is the rest of a name that begins with the prefix, in lower case. */
  takeOurs(section: Section, prefix: `SPILLWAY_${string}`): void {
    for (const key of section.keys) {
      const name = `${prefix}${key.toUpperCase()}`;
      if (KNOWN.has(name)) this.take(name, section, key);
    }
  }

  get environment(): Environment {
    return Object.fromEntries(this.#values);
  }

  /** Where in the file a variable comes from; `undefined` if it does not come from there. */
  pathOf(name: string): string | undefined {
    return this.#paths.get(name);
  }
}

const KNOWN: ReadonlySet<string> = new Set(environmentVariables().map(({ name }) => name));

function textOfValue(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}
