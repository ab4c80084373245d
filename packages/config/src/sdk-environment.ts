import { onceForProcess, processEnvironment, SILENT, type Environment, type Warn } from './environment.ts';
import { LIMIT_SETTINGS, type LimitEnvironment, samplerSettings, type SamplerEnvironment } from './sampler-settings.ts';
import { SDK_SETTINGS, SDK_SIGNAL_SETTINGS, type SdkEnvironment, type SdkSignalEnvironment } from './sdk-settings.ts';
import { readSettings } from './setting.ts';
import type { ProcessorSignal, Signal } from './signal.ts';

/**
 * Reads the options of the zero-code registration that belong to no processor or exporter: `OTEL_SDK_DISABLED`,
 * `OTEL_LOG_LEVEL`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_PROPAGATORS`, `SPILLWAY_EXIT`, `SPILLWAY_SPOOL_*`,
 * `SPILLWAY_PRESSURE`, `SPILLWAY_SELF_METRICS`, `SPILLWAY_LOSS_REPORTS`, `SPILLWAY_ZPAGES_*`.
 *
 * @param env the variables. Default: those of the process
 * @param warn is called for each variable that is ignored
 */
export function readSdkEnvironment(env: Environment = processEnvironment(), warn: Warn = SILENT): SdkEnvironment {
  // None of these variables has a form for a signal.
  return readSettings(SDK_SETTINGS, 'traces', env, onceForProcess(env, warn)).values;
}

/** Reads `OTEL_TRACES_EXPORTER`, `OTEL_LOGS_EXPORTER`, or `OTEL_METRICS_EXPORTER` and `OTEL_EXPORTER_PROMETHEUS_*`. */
export function readSdkSignalEnvironment<S extends Signal>(
  signal: S,
  env: Environment = processEnvironment(),
  warn: Warn = SILENT,
): SdkSignalEnvironment<S> {
  return readSettings(SDK_SIGNAL_SETTINGS, signal, env, onceForProcess(env, warn)).values;
}

/** Reads `OTEL_TRACES_SAMPLER` and its argument, which apply only to traces. */
export function readSamplerEnvironment(
  env: Environment = processEnvironment(),
  warn: Warn = SILENT,
): SamplerEnvironment {
  return readSettings(samplerSettings(env), 'traces', env, onceForProcess(env, warn)).values;
}

/** Reads `OTEL_SPAN_*_LIMIT` or `OTEL_LOGRECORD_*_LIMIT`, and `OTEL_ATTRIBUTE_*_LIMIT` for both. */
export function readLimitEnvironment(
  signal: ProcessorSignal,
  env: Environment = processEnvironment(),
  warn: Warn = SILENT,
): LimitEnvironment {
  return readSettings(LIMIT_SETTINGS, signal, env, onceForProcess(env, warn)).values;
}
