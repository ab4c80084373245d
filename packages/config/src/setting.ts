import type { Environment, Warn } from './environment.ts';
import { namesOf, type Signal } from './signal.ts';
import type { ValueType } from './value-types/value-type.ts';
import { readVariable } from './variable.ts';

/** A variable that may set an option, and how its text is read. */
export interface Source<T> {
  readonly name: string;
  readonly type: ValueType<T>;
}

/** An option that the environment may set. Both the readers and the printed table are made of these rows. */
export interface Setting<T> {
  /** What it does, for a table: a sentence without its full stop. */
  readonly meaning: string;
  /** The value without any variable, as text for a table. The default itself lives where the option is resolved. */
  readonly default: Readonly<Record<Signal, string>>;
  /** The variables that set it for a signal. The first one that holds a usable value wins. */
  sources(signal: Signal): readonly Source<T>[];
}

/** A row for every option of `Values`. */
export type SettingsOf<Values> = { readonly [Option in keyof Values]-?: Setting<NonNullable<Values[Option]>> };

/** The values, and the variable that each of them came from. Options that no variable sets are absent. */
export interface Reading<Values> {
  readonly values: Values;
  readonly variables: { readonly [Option in keyof Values]?: string };
}

/** Reads every option of a table. For each option, the first variable that holds a usable value wins. */
export function readSettings<Values>(
  settings: SettingsOf<Values>,
  signal: Signal,
  env: Environment,
  warn: Warn,
): Reading<Values> {
  const values: Record<string, unknown> = {};
  const variables: Record<string, string> = {};
  for (const [option, setting] of Object.entries<Setting<unknown>>(settings)) {
    for (const { name, type } of setting.sources(signal)) {
      const value = readVariable(env, name, type, warn);
      if (value === undefined) continue;
      values[option] = value;
      variables[option] = name;
      break;
    }
  }
  // Each value was read by the type of its own row, which a loop over names cannot express.
  return { values, variables } as Reading<Values>;
}

/** The signal's form of a variable, then the form for every signal: `SPILLWAY_LOGS_STRATEGY`, `SPILLWAY_STRATEGY`. */
export function bothForms<T>(prefix: string, name: string, type: ValueType<T>, signal: Signal): Source<T>[] {
  return [
    { name: `${prefix}${namesOf(signal).infix}_${name}`, type },
    { name: `${prefix}${name}`, type },
  ];
}

/** The same default for every signal. */
export function everySignal(value: string): Readonly<Record<Signal, string>> {
  return { traces: value, logs: value };
}
