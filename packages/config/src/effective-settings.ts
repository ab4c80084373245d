import { LIMITS, readBatchProcessorEnvironment } from './batch-processor-environment.ts';
import { processEnvironment, SILENT, type Environment, type Warn } from './environment.ts';
import { otlpExporterSettings, readOtlpExporterEnvironment } from './otlp-exporter-environment.ts';
import { readMetricReaderEnvironment } from './metric-reader-environment.ts';
import { PIPELINE_SETTINGS } from './pipeline-settings.ts';
import { LIMIT_SETTINGS, samplerSettings } from './sampler-settings.ts';
import {
  readLimitEnvironment,
  readSamplerEnvironment,
  readSdkEnvironment,
  readSdkSignalEnvironment,
} from './sdk-environment.ts';
import { SDK_SETTINGS, SDK_SIGNAL_SETTINGS } from './sdk-settings.ts';
import type { Setting, SettingsOf, Source } from './setting.ts';
import { SIGNALS, type Signal } from './signal.ts';
import { isSet, readVariable } from './variable.ts';

/** An option, and the value that it has if the code does not set it. */
export interface EffectiveSetting {
  readonly option: string;
  /** `undefined` for an option of the registration, which holds for all signals. */
  readonly signal: Signal | undefined;
  /** As read, secrets included; `undefined` if no variable sets it, so that the default applies. */
  readonly value: unknown;
  /**
   * The variables that the value came from: none for a default, otherwise one. Headers may have several, which are
   * joined.
   */
  readonly variables: readonly string[];
  /**
   * Variables of this option that are set to an unusable value, and so have no effect. A warning was given for each.
   */
  readonly ignored: readonly string[];
  /** As tables show it. If another option limits this default, the limited value. */
  readonly default: string;
}

/**
 * Every option that the environment can set, and where its value came from: the options of the registration first, then
 * those of each signal. It uses the same rows and readers as the running program.
 *
 * @param env the variables. Default: those of the process
 * @param warn is called for each ignored variable, once for each signal that reads it; only once if `env` is that of
 * the process
 */
export function effectiveSettings(
  env: Environment = processEnvironment(),
  warn: Warn = SILENT,
): readonly EffectiveSetting[] {
  return [
    ...rowsOf(SDK_SETTINGS, readSdkEnvironment(env, warn), undefined, env),
    ...SIGNALS.flatMap((signal) => [
      ...rowsOf(SDK_SIGNAL_SETTINGS, readSdkSignalEnvironment(signal, env, warn), signal, env),
      ...rowsOf(samplerSettings(env), readSamplerEnvironment(env, warn), signal, env),
      ...rowsOf(otlpExporterSettings(signal, env), readOtlpExporterEnvironment(signal, env, warn), signal, env),
      ...(signal === 'metrics'
        ? rowsOf(PIPELINE_SETTINGS, readMetricReaderEnvironment(env, warn), signal, env)
        : [
            ...givingWay(rowsOf(PIPELINE_SETTINGS, readBatchProcessorEnvironment(signal, env, warn), signal, env)),
            ...rowsOf(LIMIT_SETTINGS, readLimitEnvironment(signal, env, warn), signal, env),
          ]),
    ]),
  ];
}

function rowsOf<Values extends object>(
  settings: SettingsOf<Values>,
  values: NoInfer<Values>,
  signal: Signal | undefined,
  env: Environment,
): EffectiveSetting[] {
  const read = values as Readonly<Record<string, unknown>>;
  const isUsable = ({ name, type }: Source<unknown>): boolean => readVariable(env, name, type, SILENT) !== undefined;
  return Object.entries<Setting<unknown>>(settings).flatMap(([option, setting]) => {
    // The options of the registration have the same sources for every signal.
    const sources = setting.sources[signal ?? 'traces'] ?? [];
    if (sources.length === 0) return [];
    const usable = sources.filter(isUsable).map(({ name }) => name);
    const value = read[option];
    // If the option has no value, a variable that is usable by itself was ignored because it contradicts another one.
    const ignored = sources
      .filter((source) => isSet(env, source.name) && (value === undefined || !isUsable(source)))
      .map(({ name }) => name);
    const variables = value === undefined ? [] : option === 'headers' ? usable : usable.slice(0, 1);
    return { option, signal, value, variables, ignored, default: setting.default[signal ?? 'traces'] ?? '' };
  });
}

/** A default gives way to an option that was set and limits it: a queue of 100 makes batches of 100. */
function givingWay(rows: readonly EffectiveSetting[]): readonly EffectiveSetting[] {
  return rows.map((row) => {
    for (const [small, large] of LIMITS) {
      const other = row.option === small ? large : row.option === large ? small : undefined;
      const limit = rows.find(({ option }) => option === other)?.value;
      if (row.value !== undefined || typeof limit !== 'number') continue;
      const own = Number(row.default);
      return { ...row, default: String(row.option === small ? Math.min(own, limit) : Math.max(own, limit)) };
    }
    return row;
  });
}
