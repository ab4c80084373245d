import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import type { LimitEnvironment } from '@spillway/config';
import type { ForceFlushOptions } from '@spillway/pipeline';
import type { SamplerLike } from '@spillway/trace';
import type { SdkStatus, SignalStatus, SpillwayStatus } from '../status/status.ts';
import type { Application } from './application.ts';
import { contextManager } from './context-manager.ts';
import { type InstalledModule, numbersOf } from './installed-module.ts';
import { instrument } from './instrumentations.ts';
import type {
  ApiModule,
  LogsApiModule,
  LogsSdkModule,
  ProviderLike,
  ResourceLike,
  TracerProviderLike,
  TraceSdkModule,
} from './sdk-module-types.ts';
import { logPipelines, type Pipeline, tracePipelines } from './pipelines.ts';
import { registerPropagation } from './propagation.ts';
import { resourceOf } from './resource.ts';
import { samplerOf, samplerText } from './sampler.ts';
import type { FoundSdk } from './sdk-line.ts';
import { partsOfSdk } from './sdk-parts.ts';
import type { Settings } from './settings.ts';
import type { StartOptions } from './start-options.ts';

/** A signal that is switched on. */
interface RunningSignal<P extends ProviderLike = ProviderLike> {
  readonly provider: P;
  readonly pipelines: readonly Pipeline[];
  readonly sampler?: string;
}

/** The result of a start: registered providers, and the pipelines behind them. */
export class Telemetry {
  readonly #settings: Settings;
  readonly #sdk: FoundSdk;
  readonly #traces: RunningSignal<TracerProviderLike> | undefined;
  readonly #logs: RunningSignal | undefined;
  readonly #instrumentations: number;
  #shutdown: Promise<void> | undefined;

  /**
   * Registers everything last, so that a wrong option leaves nothing behind.
   * @throws RangeError or TypeError for an option; anything that a broken package throws
   */
  constructor(settings: Settings, options: StartOptions, sdk: FoundSdk, application: Application, api: ApiModule) {
    this.#settings = settings;
    this.#sdk = sdk;
    const { core, resources } = partsOfSdk(sdk);
    const contexts = contextManager(application, sdk, api);
    // Detectors may send requests much later. Those are not the application's, so they are not traced.
    const resource = contexts.with(core.suppressTracing(api.ROOT_CONTEXT), () =>
      resourceOf(
        { serviceName: settings.serviceName, attributes: settings.resourceAttributes },
        application,
        resources,
      ),
    );
    const traces = sdk.traces && makeTraces(settings, options, sdk.traces, resource);
    const logs = sdk.logs && makeLogs(settings, options, sdk.logs, resource);

    registerPropagation(settings.propagators, core, contexts, api);
    this.#traces = traces && registered(traces, api.trace.setGlobalTracerProvider(traces.provider), 'tracer', api);
    this.#logs = logs && registered(logs, setLoggerProvider(sdk, logs.provider), 'logger', api);
    this.#instrumentations = this.#instrument(application, options, api);
    if (!seesSameContext()) {
      api.diag.warn(
        'Spillway was installed with a newer @opentelemetry/api than the application uses: it cannot log through diag, and its exports may be traced. `npm ls @opentelemetry/api` shows both',
      );
    }
  }

  get pipelines(): readonly Pipeline[] {
    return [...(this.#traces?.pipelines ?? []), ...(this.#logs?.pipelines ?? [])];
  }

  /**
   * Resolves once everything received before has been exported or dropped. @throws (rejects) AggregateError, or Error
   */
  async forceFlush(options?: ForceFlushOptions): Promise<void> {
    const flushes = await Promise.allSettled(this.pipelines.map(({ processor }) => processor.forceFlush(options)));
    const errors = flushes.flatMap((flush) => (flush.status === 'rejected' ? [flush.reason as unknown] : []));
    if (errors.length > 1) throw new AggregateError(errors, errors.map((error) => String(error)).join('; '));
    if (errors.length === 1) throw errors[0];
  }

  /** Drains both signals in parallel. Runs once, never rejects. */
  shutdown(): Promise<void> {
    const running = [this.#traces, this.#logs].filter((signal) => signal !== undefined);
    this.#shutdown ??= Promise.allSettled(running.map(({ provider }) => provider.shutdown())).then(() => undefined);
    return this.#shutdown;
  }

  status(): SpillwayStatus {
    return {
      state: this.#shutdown === undefined ? 'running' : 'shut_down',
      reason: undefined,
      sdk: sdkStatus(this.#sdk),
      signals: {
        ...(this.#traces && { traces: signalStatus(this.#traces) }),
        ...(this.#logs && { logs: signalStatus(this.#logs) }),
      },
      serviceName: this.#settings.serviceName,
      propagators: this.#settings.propagators,
      instrumentations: this.#instrumentations,
    };
  }

  /** Without instrumentations, there are still the spans that the application makes itself. */
  #instrument(application: Application, { instrumentations }: StartOptions, api: ApiModule): number {
    try {
      const providers = {
        ...(this.#traces && { tracerProvider: this.#traces.provider }),
        ...(this.#logs && { loggerProvider: this.#logs.provider }),
      };
      return instrument(application, providers, instrumentations, (message) => api.diag.warn(message));
    } catch (error) {
      api.diag.error('Spillway runs without instrumentations, which could not be loaded:', error);
      return 0;
    }
  }
}

function makeTraces(
  settings: Settings,
  options: StartOptions,
  module: InstalledModule,
  resource: ResourceLike,
): RunningSignal<TracerProviderLike> | undefined {
  const sdk = module.load() as TraceSdkModule;
  const pipelines = tracePipelines(settings, options.traces, sdk);
  if (pipelines.length === 0) return undefined;
  const sampler: SamplerLike =
    typeof settings.sampler === 'string' ? samplerOf(settings.sampler, settings.samplerRatio, sdk) : settings.sampler;
  const Provider = providerOf(module, sdk);
  const spanProcessors = pipelines.map(({ processor }) => processor);
  return {
    provider: new Provider({ resource, sampler, spanProcessors, spanLimits: settings.limits.traces }),
    pipelines,
    sampler: samplerText(settings.sampler, settings.samplerRatio),
  };
}

/** The provider of line 2.x reads the environment, and warns, a second time. Its base class does not. */
function providerOf(
  module: InstalledModule,
  { TracerProvider, BasicTracerProvider }: TraceSdkModule,
): NonNullable<TraceSdkModule['TracerProvider']> {
  if (TracerProvider !== undefined) return TracerProvider;
  const base = module.sibling('@opentelemetry/sdk-trace');
  const plain = base && numbersOf(base.version)[0] === 2 ? (base.load() as TraceSdkModule).TracerProvider : undefined;
  const Provider = plain ?? BasicTracerProvider;
  if (Provider === undefined) throw new Error(`${module.name} ${module.version} has no tracer provider`);
  return Provider;
}

function makeLogs(
  settings: Settings,
  options: StartOptions,
  module: InstalledModule,
  resource: ResourceLike,
): RunningSignal | undefined {
  const sdk = module.load() as LogsSdkModule;
  const pipelines = logPipelines(settings, options.logs, sdk);
  if (pipelines.length === 0) return undefined;
  const { attributeCountLimit, attributeValueLengthLimit }: LimitEnvironment = settings.limits.logs;
  const logRecordLimits = {
    ...(attributeCountLimit !== undefined && { attributeCountLimit }),
    ...(attributeValueLengthLimit !== undefined && { attributeValueLengthLimit }),
  };
  return {
    provider: new sdk.LoggerProvider({
      resource,
      processors: pipelines.map(({ processor }) => processor),
      logRecordLimits,
    }),
    pipelines,
  };
}

function setLoggerProvider({ logsApi }: FoundSdk, provider: ProviderLike): boolean {
  const result = (logsApi?.load() as LogsApiModule | undefined)?.logs.setGlobalLoggerProvider(provider);
  // api 1.10 returns whether it was set; api-logs returns the provider that is registered now.
  return result === true || result === provider;
}

/** The application may have registered its own provider. Then that one gets everything. */
function registered<Running extends RunningSignal>(
  running: Running,
  isRegistered: boolean,
  kind: string,
  { diag }: ApiModule,
): Running | undefined {
  if (isRegistered) return running;
  diag.error(
    `Spillway found a ${kind} provider that is already registered, and leaves the signal to it. Remove the other set-up, or do not start Spillway`,
  );
  void running.provider.shutdown();
  return undefined;
}

function sdkStatus({ line, api, traces, logs }: FoundSdk): SdkStatus {
  const modules = [traces, logs, api].filter((module) => module !== undefined);
  return { line, versions: Object.fromEntries(modules.map(({ name, version }) => [name, version])) };
}

function signalStatus({ pipelines, sampler }: RunningSignal): SignalStatus {
  return {
    exporters: pipelines.map(({ exporter, endpoint, processor }) => ({
      name: exporter,
      endpoint,
      metrics: processor.getMetrics(),
    })),
    ...(sampler !== undefined && { sampler }),
  };
}

/** Our copy of the api finds the registered objects only if it is not newer than the copy that registered them. */
function seesSameContext(): boolean {
  const key = createContextKey('spillway.probe');
  return context.with(ROOT_CONTEXT.setValue(key, true), () => context.active().getValue(key) === true);
}
