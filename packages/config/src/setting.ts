import type { Environment, Warn } from './environment.ts';
import type { Signal } from './signal.ts';
import type { ValueType } from './value-types/value-type.ts';
import { readVariable } from './variable.ts';

/** A variable that may set an option, and how its text is read. */
export interface Source<T> {
  readonly name: string;
  readonly type: ValueType<T>;
}

/** The variables that set an option, for each signal that has it. The first one that holds a usable value wins. */
export type Sources<T> = { readonly [S in Signal]?: readonly Source<T>[] };

/** An option that the environment may set. Both the readers and the printed table are made of these rows. */
export interface Setting<T> {
  /** What it does, for a table: a sentence without its full stop. */
  readonly meaning: string;
  /**
   * The value without any variable, for each signal that has the option, as text for a table. The default itself lives
   * where the option is resolved.
   */
  readonly default: { readonly [S in Signal]?: string };
  readonly sources: Sources<T>;
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
    for (const { name, type } of setting.sources[signal] ?? []) {
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

/** A variable that all signals read, and that each signal has a form of its own for. */
type CommonForm = `OTEL_EXPORTER_OTLP_${string}` | `SPILLWAY_${string}`;

type FormOf<S extends Signal, Common extends CommonForm> = Common extends `OTEL_EXPORTER_OTLP_${infer Option}`
  ? `OTEL_EXPORTER_OTLP_${Uppercase<S>}_${Option}`
  : Common extends `SPILLWAY_${infer Option}`
    ? `SPILLWAY_${Uppercase<S>}_${Option}`
    : never;

/**
 * The signal's form of a variable, then the common form, for each signal that has the option. The tables spell every name out, so that a search for a
 * variable finds its option. The type refuses a form that does not follow from the common one.
 */
/* @__NO_SIDE_EFFECTS__ */
export function bothForms<T, const Common extends CommonForm>(
  type: ValueType<T>,
  common: Common,
  forms: { readonly [S in Signal]?: FormOf<S, Common> },
): Sources<T> {
  const sources = Object.entries<string>(forms).map(([signal, form]) => [
    signal,
    [
      { name: form, type },
      { name: common, type },
    ],
  ]);
  return Object.fromEntries(sources) as Sources<T>;
}

/** The same for every signal. */
/* @__NO_SIDE_EFFECTS__ */
export function everySignal<T>(value: T): Readonly<Record<Signal, T>> {
  return { traces: value, logs: value, metrics: value };
}
