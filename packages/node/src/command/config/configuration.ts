import { effectiveSettings, type EffectiveSetting, warnOfUnknownVariables } from '@spillway/config';
import { otlpExporterOf } from '../otlp-exporter-of.ts';
import { shownValue } from '../shown-value.ts';
import { Warnings } from '../warnings.ts';

/** An option as it is printed. */
export interface ShownSetting {
  readonly option: string;
  readonly value: string;
  /** Names of variables; none for a default. */
  readonly from: readonly string[];
}

/** What an application would run with, where its code says nothing. Holds no secret. */
export interface Configuration {
  readonly registration: readonly ShownSetting[];
  readonly traces: readonly ShownSetting[];
  readonly logs: readonly ShownSetting[];
  readonly warnings: readonly string[];
}

export async function configurationOfProcess(): Promise<Configuration> {
  const warnings = new Warnings();
  const settings = effectiveSettings(undefined, warnings.add);
  warnOfUnknownVariables(undefined, warnings.add);
  await tryExporters(warnings);
  const shownOf = (signal: EffectiveSetting['signal']) => settings.filter((setting) => setting.signal === signal).map(shown);
  return { registration: shownOf(undefined), traces: shownOf('traces'), logs: shownOf('logs'), warnings: warnings.all };
}

function shown({ option, value, variables, default: text }: EffectiveSetting): ShownSetting {
  return { option, value: value === undefined ? text.replaceAll('`', '') : shownValue(option, value), from: variables };
}

/** What is in the files that are named, exporters alone find out. */
async function tryExporters(warnings: Warnings): Promise<void> {
  for (const signal of ['traces', 'logs'] as const) {
    try {
      const exporter = otlpExporterOf(signal);
      await exporter.shutdown();
    } catch (error) {
      warnings.add(error instanceof Error ? error.message : String(error));
    }
  }
}
