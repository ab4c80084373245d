import { onceForProcess, processEnvironment, SILENT, type Environment, type Warn } from './environment.ts';
import { type MetricReaderEnvironment, PIPELINE_SETTINGS } from './pipeline-settings.ts';
import { readSettings } from './setting.ts';

/**
 * Reads `OTEL_METRIC_EXPORT_*`, `SPILLWAY_METRICS_*` and the common form of the latter. A time limit of 0 is read as
 * `Infinity`.
 *
 * @param env the variables. Default: those of the process
 * @param warn is called for each variable that is ignored
 */
export function readMetricReaderEnvironment(
  env: Environment = processEnvironment(),
  warn: Warn = SILENT,
): MetricReaderEnvironment {
  return readSettings<MetricReaderEnvironment>(PIPELINE_SETTINGS, 'metrics', env, onceForProcess(env, warn)).values;
}
