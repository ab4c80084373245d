import { EXPORTERS, readBatchProcessorEnvironment } from '@spillway/config';
import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
import { type InstalledModule, numbersOf } from '../sdk/installed-module.ts';
import { API, type SdkLine } from '../sdk/sdk-line.ts';
import type { LogsApiModule, LogsSdkModule } from '../sdk/sdk-module-types.ts';
import { pipelinesOf } from './pipelines.ts';
import type { SignalDescription } from './signal-description.ts';

const SDK_LOGS = '@opentelemetry/sdk-logs';
const API_LOGS = '@opentelemetry/api-logs';

export const LOGS: SignalDescription = {
  name: 'logs',
  provider: 'logger',
  packages: { '2.x': [SDK_LOGS], '3.x': [SDK_LOGS] },
  install: { '2.x': [`${SDK_LOGS}@^0.223.0`, `${API_LOGS}@^0.223.0`], '3.x': [`${SDK_LOGS}@^3.0.0`] },
  globalApi: { '2.x': API_LOGS, '3.x': API },
  exporters: EXPORTERS,

  find(application) {
    const module = application.find(SDK_LOGS);
    return { module, line: module && lineOf(module) };
  },

  drainTimeoutMillis: (env) => readBatchProcessorEnvironment('logs', env).drainTimeoutMillis,

  make(parts) {
    const { settings, options, module, resource } = parts;
    const sdk = module.load() as LogsSdkModule;
    const pipelines = pipelinesOf(
      'logs',
      parts,
      options.logs,
      (own) => {
        const lossReports = own.lossReports ?? settings.lossReports;
        return new BackpressureLogRecordProcessor({ ...own, lossReports });
      },
      {
        console: () => new sdk.ConsoleLogRecordExporter(),
        'otlp/stdout': () => new OtlpLogRecordExporter({ output: process.stdout }),
      },
    );
    if (pipelines.length === 0) return undefined;
    const { attributeCountLimit, attributeValueLengthLimit } = settings.logRecordLimits;
    const logRecordLimits = {
      ...(attributeCountLimit !== undefined && { attributeCountLimit }),
      ...(attributeValueLengthLimit !== undefined && { attributeValueLengthLimit }),
    };
    const processors = pipelines.map(({ processor }) => processor);
    return { provider: new sdk.LoggerProvider({ resource, processors, logRecordLimits }), pipelines };
  },

  register(provider, _, globalApi) {
    const result = (globalApi?.load() as LogsApiModule | undefined)?.logs.setGlobalLoggerProvider(provider);
    // api 1.10 returns whether it was set; api-logs returns the provider that is registered now.
    return result === true || result === provider;
  },
};

function lineOf({ version }: InstalledModule): SdkLine | undefined {
  const [major, minor] = numbersOf(version);
  if (major === 3) return '3.x';
  return major === 0 && minor >= 200 ? '2.x' : undefined;
}
