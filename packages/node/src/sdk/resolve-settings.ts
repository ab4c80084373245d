import {
  type Environment,
  type LimitEnvironment,
  type MetricExporterName,
  processEnvironment,
  readLimitEnvironment,
  readSamplerEnvironment,
  readSdkEnvironment,
  readSdkSignalEnvironment,
  spoolSettingsOf,
  type Warn,
  warnOfVariablesWithoutEffect,
} from '@spillway/config';
import { DEFAULT_DRAIN_TIMEOUT_MILLIS } from '@spillway/pipeline';
import { environmentOf, type FilePlan } from '../config-file/file-plan.ts';
import type { PlannedPipeline } from '../config-file/processors.ts';
import { pressureSources } from '../pressure/pressure-sources.ts';
import type { SignalDescription } from '../signals/signal-description.ts';
import { perSignal, SIGNALS } from '../signals/signals.ts';
import { DEFAULT_PROPAGATORS } from './propagation.ts';
import { DEFAULT_SAMPLER } from './sampler.ts';
import type { SpanLimits, StartOptions } from './start-options.ts';
import type { Settings, SettledPipeline } from './settings.ts';
import { zpagesSettings } from './zpages-settings.ts';

/**
 * Options, then the configuration file or the variables, then defaults.
 * @param warn is called for each variable that is ignored or has no effect
 */
export function resolveSettings(
  options: StartOptions,
  warn: Warn,
  variables: Environment = processEnvironment(),
  file?: FilePlan,
): Settings {
  const env = file === undefined ? variables : environmentOf(file, variables);
  const planned = file === undefined ? {} : settledPipelines(file, options, variables);
  const sdk = readSdkEnvironment(env, warn);
  const sampler = readSamplerEnvironment(env, warn);
  const { prometheusHost = 'localhost', prometheusPort = 9464 } = readSdkSignalEnvironment('metrics', env, warn);
  warnOfVariablesWithoutEffect(env, warn);
  return {
    disabled: options.disabled ?? sdk.disabled ?? false,
    logLevel: options.logLevel ?? sdk.logLevel,
    serviceName: options.serviceName ?? (file === undefined ? sdk.serviceName : serviceNameOfFile(file, variables)),
    resourceAttributes: { ...sdk.resourceAttributes, ...file?.resourceAttributes, ...options.resourceAttributes },
    propagators: options.propagators ?? sdk.propagators ?? DEFAULT_PROPAGATORS,
    sampler: options.sampler ?? sampler.sampler ?? DEFAULT_SAMPLER,
    samplerRatio: options.samplerRatio ?? sampler.samplerRatio ?? 1,
    remoteSampling: sampler.remoteSampling,
    exporters: perSignal((signal) => exportersOf(signal, options, env, warn)),
    planned,
    ofFile: file && {
      environment: env,
      sampler: options.sampler === undefined ? file.sampler : undefined,
      views: file.views,
      detectors: file.detectors,
    },
    spanLimits: { ...readLimitEnvironment('traces', env, warn), ...given(options.spanLimits) },
    logRecordLimits: { ...readLimitEnvironment('logs', env, warn), ...given(options.logRecordLimits) },
    prometheus: { host: prometheusHost, port: prometheusPort },
    exit: options.exit ?? sdk.exit,
    spool: options.spool === undefined ? spoolSettingsOf(sdk) : undefined,
    pressure: pressureSources(options.pressure ?? sdk.pressure),
    selfMetrics: options.selfMetrics ?? sdk.selfMetrics ?? false,
    lossReports: sdk.lossReports ?? true,
    zpages: zpagesSettings(options, sdk, warn),
    drainTimeoutMillis: Math.max(
      0,
      ...SIGNALS.flatMap((signal) => {
        const environments = planned[signal.name]?.map(({ environment }) => environment) ?? [env];
        return environments.map((environment) => drainTimeoutOf(signal, options, environment));
      }),
    ),
  };
}

/** An option that is `undefined` counts as left out. */
function given(limits: SpanLimits = {}): LimitEnvironment {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined)) as LimitEnvironment;
}

/**
 * Exporters that code brings replace those of the file. Of those that code names, each is as the first one of that name in
 * the file.
 */
function settledPipelines(file: FilePlan, options: StartOptions, variables: Environment): Settings['planned'] {
  const ofSignals = SIGNALS.flatMap(({ name: signal }) => {
    const own = options[signal];
    if (own === false || own?.exporter !== undefined) return [];
    const described = file.pipelines[signal];
    const settled = (exporter: MetricExporterName, pipeline: PlannedPipeline | undefined): SettledPipeline => ({
      exporter,
      environment: environmentOf(file, variables, pipeline),
    });
    const pipelines =
      own?.exporters === undefined
        ? described.map((pipeline) => settled(pipeline.exporter, pipeline))
        : own.exporters
            .filter((name) => name !== 'none')
            .map((name) =>
              settled(
                name,
                described.find(({ exporter }) => exporter === name),
              ),
            );
    return [[signal, pipelines]];
  });
  return Object.fromEntries(ofSignals) as Settings['planned'];
}

/** An attribute of the file wins over its detector `service`, which reads the variable. */
function serviceNameOfFile(file: FilePlan, variables: Environment): string | undefined {
  const isDetected = file.detectors.includes('service') && file.resourceAttributes['service.name'] === undefined;
  return isDetected ? readSdkEnvironment(variables).serviceName : undefined;
}

function exportersOf(
  { name: signal }: SignalDescription,
  { [signal]: options }: StartOptions,
  env: Environment,
  warn: Warn,
): readonly MetricExporterName[] {
  if (options === false) return [];
  const names = options?.exporters ?? readSdkSignalEnvironment(signal, env, warn).exporters ?? ['otlp'];
  return names.filter((name) => name !== 'none');
}

/** The processors warn of these variables. */
function drainTimeoutOf(signal: SignalDescription, options: StartOptions, env: Environment): number {
  const own = options[signal.name];
  if (own === false) return 0;
  const timeout = own?.drainTimeoutMillis ?? signal.drainTimeoutMillis(env) ?? DEFAULT_DRAIN_TIMEOUT_MILLIS;
  return timeout === 0 ? Infinity : timeout;
}
