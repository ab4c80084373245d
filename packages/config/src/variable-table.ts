import { OTLP_EXPORTER_SETTINGS } from './otlp-exporter-settings.ts';
import { PIPELINE_SETTINGS } from './pipeline-settings.ts';
import { LIMIT_SETTINGS, SAMPLER_SETTINGS } from './sampler-settings.ts';
import { SDK_SETTINGS, SDK_SIGNAL_SETTINGS } from './sdk-settings.ts';
import type { Setting, SettingsOf, Source } from './setting.ts';
import { SIGNALS, type Signal } from './signal.ts';

/**
 * Which part reads a variable: the processors and the metric reader, the exporters of every signal, or only the
 * registration.
 */
export type VariableReader = 'processor' | 'exporter' | 'registration';

/** One row of a reference of variables. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly reader: VariableReader;
  /** The signals that read it. */
  readonly signals: readonly Signal[];
  /** The option it sets. */
  readonly option: string;
  /** The type of its value: `integer`, `timeout (ms)`, or words in back quotes. */
  readonly type: string;
  /** The default of the option, for each signal that has it. */
  readonly default: { readonly [S in Signal]?: string };
  /** What the option does: a sentence without its full stop. */
  readonly meaning: string;
}

/**
 * Every variable that this package reads. The variables of one option are in order of precedence. The readers use the
 * same rows.
 */
export function environmentVariables(): readonly EnvironmentVariable[] {
  return [
    ...describe(PIPELINE_SETTINGS, 'processor'),
    ...describe(OTLP_EXPORTER_SETTINGS, 'exporter'),
    ...describe(SDK_SETTINGS, 'registration'),
    ...describe(SDK_SIGNAL_SETTINGS, 'registration'),
    ...describe(SAMPLER_SETTINGS, 'registration'),
    ...describe(LIMIT_SETTINGS, 'registration'),
  ];
}

function describe<Values>(settings: SettingsOf<Values>, reader: VariableReader): EnvironmentVariable[] {
  return Object.entries<Setting<unknown>>(settings).flatMap(([option, setting]) => {
    const { meaning } = setting;
    const defaults = Object.fromEntries(
      SIGNALS.filter((signal) => signal in setting.sources).map((signal) => [signal, setting.default[signal]]),
    );
    const byName = new Map<string, EnvironmentVariable>();
    for (const { name, type, signal } of sourcesByPrecedence(setting)) {
      const signals = [...(byName.get(name)?.signals ?? []), signal];
      byName.set(name, { name, reader, signals, option, type: type.name, default: defaults, meaning });
    }
    return [...byName.values()];
  });
}

/** The order of precedence: the forms of each signal, then the common form, then the aliases. */
function sourcesByPrecedence(setting: Setting<unknown>): (Source<unknown> & { readonly signal: Signal })[] {
  return SIGNALS.flatMap((signal) =>
    (setting.sources[signal] ?? []).map((source, precedence) => ({ ...source, signal, precedence })),
  ).toSorted((a, b) => a.precedence - b.precedence);
}
