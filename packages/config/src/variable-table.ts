import { BATCH_PROCESSOR_SETTINGS } from './batch-processor-settings.ts';
import { OTLP_EXPORTER_SETTINGS } from './otlp-exporter-settings.ts';
import { LIMIT_SETTINGS, SAMPLER_SETTINGS } from './sampler-settings.ts';
import { SDK_SETTINGS, SDK_SIGNAL_SETTINGS } from './sdk-settings.ts';
import type { Setting, SettingsOf, Source } from './setting.ts';
import { SIGNALS, type Signal } from './signal.ts';

/** What reads a variable: the processors and exporters of either signal, or the zero-code registration alone. */
export type VariableReader = 'processor' | 'exporter' | 'registration';

/** What a reference says of one variable. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly reader: VariableReader;
  /** The signals that it is read for. */
  readonly signals: readonly Signal[];
  /** The option it sets. */
  readonly option: string;
  /** What it may hold: `integer`, `timeout (ms)`, words in back quotes. */
  readonly type: string;
  /** What holds for each signal where nothing sets the option. */
  readonly default: Readonly<Record<Signal, string>>;
  /** What the option does: a sentence without its full stop. */
  readonly meaning: string;
}

/** Every variable that this package reads; those of one option in the order in which they win. Made from the same rows that the readers use. */
export function environmentVariables(): readonly EnvironmentVariable[] {
  return [
    ...describe(BATCH_PROCESSOR_SETTINGS, 'processor'),
    ...describe(OTLP_EXPORTER_SETTINGS, 'exporter'),
    ...describe(SDK_SETTINGS, 'registration'),
    ...describe(SDK_SIGNAL_SETTINGS, 'registration'),
    ...describe(SAMPLER_SETTINGS, 'registration'),
    ...describe(LIMIT_SETTINGS, 'registration'),
  ];
}

function describe<Values>(settings: SettingsOf<Values>, reader: VariableReader): EnvironmentVariable[] {
  return Object.entries<Setting<unknown>>(settings).flatMap(([option, setting]) => {
    const { default: defaults, meaning } = setting;
    const byName = new Map<string, EnvironmentVariable>();
    for (const { name, type, signal } of sourcesByPrecedence(setting)) {
      const signals = [...(byName.get(name)?.signals ?? []), signal];
      byName.set(name, { name, reader, signals, option, type: type.name, default: defaults, meaning });
    }
    return [...byName.values()];
  });
}

/** The forms of every signal, then the common form, then the aliases: the order in which they win. */
function sourcesByPrecedence(setting: Setting<unknown>): (Source<unknown> & { readonly signal: Signal })[] {
  return SIGNALS.flatMap((signal) =>
    setting.sources(signal).map((source, precedence) => ({ ...source, signal, precedence })),
  ).toSorted((a, b) => a.precedence - b.precedence);
}
