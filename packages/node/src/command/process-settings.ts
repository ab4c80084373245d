import { diag, DiagLogLevel } from '@opentelemetry/api';
import {
  effectiveSettings,
  type EffectiveSetting,
  type Environment,
  processEnvironment,
  readSdkEnvironment,
  type Signal,
  type Warn,
  warnOfVariablesWithoutEffect,
  withEnvironment,
} from '@spillway/config';
import { environmentOf, type FilePlan } from '../config-file/file-plan.ts';
import type { PlannedPipeline } from '../config-file/processors.ts';
import { readConfigFile } from '../config-file/read-config-file.ts';
import { planText } from '../config-file/sampler-plan.ts';
import { findApplication } from '../sdk/application.ts';
import { findSdk, SDK_PACKAGES } from '../sdk/find-sdk.ts';
import type { SignalDescription } from '../signals/signal-description.ts';
import { perSignal } from '../signals/signals.ts';

/** The settings of an application that sets no options in code. */
export interface ProcessSettings {
  /** Options that hold for all signals. */
  readonly registration: readonly EffectiveSetting[];
  /** At least one for each signal; several only if a configuration file describes several. */
  readonly pipelines: Readonly<Record<Signal, readonly PipelineSettings[]>>;
  /** Whether a configuration file says which pipelines there are. */
  readonly isOfFile: boolean;
}

/** The settings of one pipeline. In place of a variable, `variables` has the path of a configuration file. */
export interface PipelineSettings {
  readonly settings: readonly EffectiveSetting[];
  /** Runs code that makes the exporter of this pipeline. */
  readonly within: <T>(run: () => T) => T;
}

/** The settings from the configuration file or the variables of this process. Problems go to `warnings`. */
export function settingsOfProcess(warnings: Warnings): ProcessSettings {
  // Each problem with the variables of the process is reported only once, and a registration that `NODE_OPTIONS` loads
  // before us has already received the report. So read the same variables through another object. It is a proxy and not
  // a copy, because a copy would lose the case-insensitive names of Windows.
  const variables = new Proxy(processEnvironment(), {});
  const file = fileOfProcess(variables, warnings);
  if (file !== undefined) return settingsOfFile(file, variables, warnings);
  const settings = effectiveSettings(variables, warnings.add);
  warnOfVariablesWithoutEffect(variables, warnings.add);
  const ofSignal = ({ name }: SignalDescription): readonly PipelineSettings[] => [
    { settings: settings.filter(({ signal }) => signal === name), within: (run) => run() },
  ];
  return {
    registration: settings.filter(({ signal }) => signal === undefined),
    pipelines: perSignal(ofSignal),
    isOfFile: false,
  };
}

/** The value of an option; `undefined` if nothing sets it. */
export function valueOf(settings: readonly EffectiveSetting[], option: string): unknown {
  return settings.find((setting) => setting.option === option)?.value;
}

/** The exporters that rows of a signal name. */
export function exportersOf(settings: readonly EffectiveSetting[]): readonly string[] {
  return (valueOf(settings, 'exporters') as readonly string[] | undefined) ?? ['otlp'];
}

/** The package that reads the file is looked up from the working folder, as `doctor` looks up the SDK. */
function fileOfProcess(variables: Environment, warnings: Warnings): FilePlan | undefined {
  const application = findApplication(SDK_PACKAGES, { mainFile: undefined, workingFolder: process.cwd() });
  const search = findSdk(application);
  const line = 'sdk' in search ? search.sdk.line : '3.x';
  const file = readConfigFile(readSdkEnvironment(variables).configFile, application, line, warnings.add);
  for (const problem of file?.problems ?? []) warnings.add(`OTEL_CONFIG_FILE: ${problem}`);
  return file;
}

function settingsOfFile(file: FilePlan, variables: Environment, warnings: Warnings): ProcessSettings {
  const common = environmentOf(file, variables);
  warnOfVariablesWithoutEffect(common, warnings.add);
  const registration = settingsIn(common, undefined, file, warnings).map((row) => {
    if (row.option === 'configFile') return { ...row, value: file.file, variables: ['OTEL_CONFIG_FILE'] };
    const { resourceAttributes } = file;
    return row.option === 'resourceAttributes' && Object.keys(resourceAttributes).length > 0
      ? { ...row, value: resourceAttributes, variables: ['resource'] }
      : row;
  });
  const ofSignal = ({ name }: SignalDescription): readonly PipelineSettings[] => {
    const planned = file.pipelines[name].map((pipeline): PipelineSettings => {
      const environment = environmentOf(file, variables, pipeline);
      const settings = settingsIn(environment, name, file, warnings, pipeline);
      return { settings, within: (run) => withEnvironment(environment, run) };
    });
    if (planned.length > 0) return planned;
    return [{ settings: settingsIn(common, name, file, warnings), within: (run) => withEnvironment(common, run) }];
  };
  return { registration, pipelines: perSignal(ofSignal), isOfFile: true };
}

/** The rows of a signal, or of the registration, with paths of the file in place of the variables that stand for it. */
function settingsIn(
  environment: Environment,
  signal: Signal | undefined,
  file: FilePlan,
  warnings: Warnings,
  pipeline?: PlannedPipeline,
): readonly EffectiveSetting[] {
  const pathOf = (name: string): string => pipeline?.variables.pathOf(name) ?? file.variables.pathOf(name) ?? name;
  const rows = effectiveSettings(environment, warnings.add).filter((row) => row.signal === signal);
  return rows.map((row) => {
    if (row.option === 'exporters' && pipeline !== undefined)
      return { ...row, value: [pipeline.exporter], variables: [pipeline.path] };
    if (row.option === 'sampler' && file.sampler !== undefined)
      return { ...row, value: planText(file.sampler), variables: ['tracer_provider.sampler'] };
    return { ...row, variables: row.variables.map(pathOf), ignored: row.ignored.map(pathOf) };
  });
}

/** Problems with the settings, each one once. */
export class Warnings {
  readonly #messages = new Set<string>();

  /** Also collects the warnings that our packages log through `diag`. */
  constructor() {
    const logger = { error: this.add, warn: this.add, info: ignore, debug: ignore, verbose: ignore };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  }

  readonly add: Warn = (message) => {
    // Each exporter puts its name first. Without it, equal warnings of both are one.
    this.#messages.add(message.replace(/^(Otlp\w+Exporter|OTLP transport): /, ''));
  };

  get all(): readonly string[] {
    return [...this.#messages];
  }
}

function ignore(): void {}
