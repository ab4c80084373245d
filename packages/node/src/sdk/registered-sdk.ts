import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import type { PropagatorName } from '@spillway/config';
import type { ForceFlushOptions } from '@spillway/pipeline';
import { type Pipeline, RefusedOption } from '../signals/pipelines.ts';
import type { MadeSignal, SignalDescription } from '../signals/signal-description.ts';
import { SIGNALS } from '../signals/signals.ts';
import type { SdkStatus, SignalStatus, SpillwayStatus, SpoolStatus } from '../status/status.ts';
import type { Application } from './application.ts';
import { contextManager } from './context-manager.ts';
import { instrument, type Providers } from './instrumentations.ts';
import { propagatorOf, registerPropagation } from './propagation.ts';
import { resourceOf } from './resource.ts';
import { type FoundSdk, modulesOf } from './sdk-line.ts';
import type { ApiModule, MeterProviderLike } from './sdk-module-types.ts';
import { partsOfSdk } from './sdk-parts.ts';
import type { StartedSpool } from '../spool/spool-of-start.ts';
import type { Settings } from './settings.ts';
import type { StartOptions } from './start-options.ts';

/** A signal that is switched on, and whose provider is the global one. */
interface RunningSignal extends MadeSignal {
  readonly signal: SignalDescription;
}

/** The result of a start: registered providers, and the pipelines behind them. */
export class Telemetry {
  readonly #settings: Settings;
  readonly #sdk: FoundSdk;
  readonly #spool: StartedSpool | undefined;
  #running: readonly RunningSignal[] = [];
  readonly #propagators: readonly PropagatorName[];
  readonly #instrumentations: number;
  #shutdown: Promise<void> | undefined;

  /**
   * Registers everything last, so that a wrong option leaves nothing behind.
   * @throws RangeError or TypeError for an option; anything that a broken package throws
   */
  constructor(
    settings: Settings,
    options: StartOptions,
    spool: StartedSpool | undefined,
    sdk: FoundSdk,
    application: Application,
    api: ApiModule,
  ) {
    this.#settings = settings;
    this.#sdk = sdk;
    this.#spool = spool;
    const warn = (message: string): void => api.diag.warn(`Spillway: ${message}`);
    const { core, resources } = partsOfSdk(sdk);
    const contexts = contextManager(application, sdk, api);
    // Detectors and samplers may send requests much later. Those are not the application's, so they are not traced.
    const untraced = <T>(run: () => T): T => contexts.with(core.suppressTracing(api.ROOT_CONTEXT), run);
    const resource = untraced(() =>
      resourceOf(
        {
          serviceName: settings.serviceName,
          attributes: settings.resourceAttributes,
          detectors: settings.ofFile?.detectors,
        },
        application,
        resources,
        warn,
      ),
    );
    const failures: unknown[] = [];
    // Asked for only later: the provider of metrics is made after the pipelines of the other signals.
    const meterSource = settings.selfMetrics
      ? () => this.#ownMeterProvider ?? api.metrics.getMeterProvider()
      : undefined;
    const made = SIGNALS.flatMap((signal) => {
      const module = sdk.signals[signal.name]?.module;
      try {
        const parts =
          module &&
          signal.make({
            settings,
            options,
            spool: spool?.spool,
            line: sdk.line,
            module,
            application,
            resource,
            meterSource,
            untraced,
            warn,
          });
        return parts === undefined ? [] : [{ ...parts, signal }];
      } catch (error) {
        if (error instanceof RefusedOption) throw error;
        failures.push(error);
        warn(`${signal.name} could not be set up, and are left out: ${String(error)}`);
        return [];
      }
    });
    // A broken package of one signal does not stop the others. If nothing is left, there is nothing to start.
    if (made.length === 0 && failures.length > 0) throw failures[0];

    const { names, propagator } = propagatorOf(settings.propagators, { core, application, line: sdk.line }, warn);
    this.#propagators = names;
    registerPropagation(propagator, contexts, api);
    this.#running = made.filter((running) => isRegistered(running, sdk, api));
    if (settings.selfMetrics && this.#ownMeterProvider === undefined)
      warn(
        'there are no metrics, so self-metrics are recorded only if the application has a meter provider of its own',
      );
    this.#instrumentations = this.#instrument(application, options, api);
    if (!seesSameContext()) {
      api.diag.warn(
        'Spillway was installed with a newer @opentelemetry/api than the application uses: it cannot log through diag, and its exports may be traced. `npm ls @opentelemetry/api` shows both',
      );
    }
  }

  get pipelines(): readonly Pipeline[] {
    return this.#running.flatMap(({ pipelines }) => pipelines);
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

  /** Drains all signals in parallel. Runs once, never rejects. */
  shutdown(): Promise<void> {
    this.#shutdown ??= Promise.allSettled(this.#running.map((signal) => end(signal))).then(() => undefined);
    return this.#shutdown;
  }

  status(): SpillwayStatus {
    return {
      state: this.#shutdown === undefined ? 'running' : 'shut_down',
      reason: undefined,
      sdk: sdkStatus(this.#sdk),
      signals: Object.fromEntries(this.#running.map((running) => [running.signal.name, signalStatus(running)])),
      serviceName: this.#settings.serviceName,
      ...(this.#spool !== undefined && { spool: spoolStatus(this.#spool, this.pipelines) }),
      propagators: this.#propagators,
      instrumentations: this.#instrumentations,
    };
  }

  get #ownMeterProvider(): MeterProviderLike | undefined {
    const metrics = this.#running.find(({ signal }) => signal.name === 'metrics');
    return metrics?.provider as MeterProviderLike | undefined;
  }

  /** Without instrumentations, there are still the spans that the application makes itself. */
  #instrument(application: Application, { instrumentations }: StartOptions, api: ApiModule): number {
    try {
      const providers: Providers = Object.fromEntries(
        this.#running.map(({ signal, provider }) => [`${signal.provider}Provider`, provider]),
      );
      return instrument(application, providers, instrumentations, (message) => api.diag.warn(message));
    } catch (error) {
      api.diag.error('Spillway runs without instrumentations, which could not be loaded:', error);
      return 0;
    }
  }
}

/** A provider that has shut down may drop items without a word, so pipelines get them until they have drained. */
async function end({ provider, pipelines }: RunningSignal): Promise<void> {
  await Promise.allSettled(pipelines.map(({ processor }) => processor.shutdown()));
  await provider.shutdown();
}

/** The application may have registered its own provider. Then that one gets everything. */
function isRegistered({ signal, provider }: RunningSignal, sdk: FoundSdk, api: ApiModule): boolean {
  if (signal.register(provider, api, sdk.signals[signal.name]?.globalApi)) return true;
  api.diag.error(
    `Spillway found a ${signal.provider} provider that is already registered, and leaves the signal to it. Remove the other set-up, or do not start Spillway`,
  );
  void provider.shutdown();
  return false;
}

function sdkStatus(sdk: FoundSdk): SdkStatus {
  const versions = modulesOf(sdk).map(({ name, version }) => [name, version]);
  return { line: sdk.line, versions: Object.fromEntries(versions) };
}

/** The sum of what its pipelines have there. */
function spoolStatus({ directory }: StartedSpool, pipelines: readonly Pipeline[]): SpoolStatus {
  const places = pipelines.flatMap(({ processor }) => processor.getMetrics().spool ?? []);
  const oldest = places.map(({ oldestStoredAt }) => oldestStoredAt ?? Infinity);
  const oldestStoredAt = Math.min(...oldest, Infinity);
  return {
    directory,
    items: places.reduce((sum, { items }) => sum + items, 0),
    bytes: places.reduce((sum, { bytes }) => sum + bytes, 0),
    takenOver: places.reduce((sum, { takenOver }) => sum + takenOver, 0),
    oldestStoredAt: oldestStoredAt === Infinity ? undefined : oldestStoredAt,
  };
}

function signalStatus({ pipelines, sampler, scrapedAt }: RunningSignal): SignalStatus {
  return {
    exporters: pipelines.map(({ exporter, endpoint, processor }) => ({
      name: exporter,
      endpoint,
      metrics: processor.getMetrics(),
    })),
    ...(sampler !== undefined && { sampler }),
    ...(scrapedAt !== undefined && { scrapedAt }),
  };
}

/** Our copy of the api finds the registered objects only if it is not newer than the copy that registered them. */
function seesSameContext(): boolean {
  const key = createContextKey('spillway.probe');
  return context.with(ROOT_CONTEXT.setValue(key, true), () => context.active().getValue(key) === true);
}
