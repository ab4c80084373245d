import { onceForProcess, processEnvironment, SILENT, type Environment, type Warn } from './environment.ts';
import {
  grpcExporterSettings,
  OTLP_EXPORTER_SETTINGS,
  type OtlpExporterEnvironment,
  type OtlpProtocol,
} from './otlp-exporter-settings.ts';
import { type Reading, readSettings, type SettingsOf } from './setting.ts';
import type { Signal } from './signal.ts';
import { mergeHeaders, type Headers } from './value-types/headers.ts';
import { readVariable } from './variable.ts';

/**
 * Reads `OTEL_EXPORTER_OTLP_*`. The signal's form of a variable wins over the common one; headers of both forms are
 * joined. A time limit of 0 is read as `Infinity`. Certificates and keys are names of files, which are not opened.
 *
 * @param env the variables. Default: those of the process
 * @param warn is called for each variable that is ignored, never with the value of a header
 * @param protocol the protocol in use, which decides how an endpoint is read. Default: what the variables say
 */
export function readOtlpExporterEnvironment(
  signal: Signal,
  env: Environment = processEnvironment(),
  warn: Warn = SILENT,
  protocol?: OtlpProtocol,
): OtlpExporterEnvironment {
  const warnOnce = onceForProcess(env, warn);
  const { headers: headersSetting, ...settings } = otlpExporterSettings(signal, env, protocol);
  const { values, variables } = readSettings<Omit<OtlpExporterEnvironment, 'headers'>>(settings, signal, env, warnOnce);

  if (values.insecure === true && values.url?.startsWith('https:') === true) {
    warnOnce(`${variables.insecure} has no effect: TLS is used, since ${variables.url} begins with https://`);
  }
  const lists = (headersSetting.sources[signal] ?? []).map(({ name, type }) => readVariable(env, name, type, warnOnce));
  const headers = lists.reduceRight<Headers>((common, own) => mergeHeaders(common, own ?? {}), {});
  return Object.keys(headers).length === 0 ? values : { ...values, headers };
}

/**
 * For messages: the variable that each option of an OTLP exporter comes from. Options that no variable sets are absent.
 */
export function otlpExporterVariables(
  signal: Signal,
  env: Environment = processEnvironment(),
  protocol?: OtlpProtocol,
): Reading<OtlpExporterEnvironment>['variables'] {
  return readSettings(otlpExporterSettings(signal, env, protocol), signal, env, SILENT).variables;
}

/**
 * The rows by which the options of an OTLP exporter are read.
 * @param given the protocol that the code sets, if it does
 */
export function otlpExporterSettings(
  signal: Signal,
  env: Environment,
  given?: OtlpProtocol,
): SettingsOf<OtlpExporterEnvironment> {
  const { protocol, insecure } = OTLP_EXPORTER_SETTINGS;
  const read = readSettings<Pick<OtlpExporterEnvironment, 'protocol' | 'insecure'>>(
    { protocol, insecure },
    signal,
    env,
    SILENT,
  ).values;
  return (given ?? read.protocol) === 'grpc' ? grpcExporterSettings(read.insecure ?? false) : OTLP_EXPORTER_SETTINGS;
}
