import * as ownApi from '@opentelemetry/api';
import { processEnvironment, type PropagatorName, readSdkEnvironment } from '@spillway/config';
import { readConfigFile } from './config-file/read-config-file.ts';
import { speakOnStderr } from './environment/stderr-logger.ts';
import { firstStart, rememberStart } from './one-start-per-process.ts';
import { watchProcessEnd } from './process-end/watch-process-end.ts';
import { type Application, applicationAt, findApplication } from './sdk/application.ts';
import { contextManager } from './sdk/context-manager.ts';
import { givenApplication, givenSdk } from './sdk/given-sdk.ts';
import type { ApiModule } from './sdk/sdk-module-types.ts';
import { RefusedOption } from './signals/pipelines.ts';
import { propagatorOf, registerPropagation } from './sdk/propagation.ts';
import { findSdk, SDK_PACKAGES, type SdkSearch } from './sdk/find-sdk.ts';
import type { FoundSdk } from './sdk/sdk-line.ts';
import { partsOfSdk } from './sdk/sdk-parts.ts';
import { resolveSettings } from './sdk/resolve-settings.ts';
import type { Settings } from './sdk/settings.ts';
import { checkStartOptions } from './sdk/check-start-options.ts';
import type { StartOptions } from './sdk/start-options.ts';
import { Telemetry } from './sdk/registered-sdk.ts';
import { spoolOf } from './spool/spool-of-start.ts';
import { SIGNALS } from './signals/signals.ts';
import type { SpillwayHandle } from './spillway-handle.ts';
import { type LivePage, livePage } from './live-page.ts';
import { type SpillwayStatus, summaryOf } from './status/status.ts';

/**
 * Starts traces, logs and metrics on the OpenTelemetry SDK that the application has installed. Never throws because of
 * installed packages or the environment: such problems are logged through `diag`, and the application runs on without
 * telemetry.
 * A second call logs a warning and returns the handle of the first.
 *
 * @throws RangeError or TypeError that names an option and its value
 */
export function start(options: StartOptions = {}): SpillwayHandle {
  const earlier = firstStart();
  if (earlier !== undefined) {
    ownApi.diag.warn('Spillway is already started: this second start does nothing, and its options have no effect');
    return earlier;
  }
  checkStartOptions(options);
  const warnings: string[] = [];
  const failures: string[] = [];
  const application = applicationOf(options);
  const search: SdkSearch = options.sdk === undefined ? findSdk(application) : { sdk: givenSdk(options.sdk) };
  const line = 'sdk' in search ? search.sdk.line : '3.x';
  const file = readConfigFile(readSdkEnvironment().configFile, application, line, (message) => failures.push(message));
  const settings = resolveSettings(options, (message) => warnings.push(message), processEnvironment(), file);
  const api = loadApi(application, search);
  speakOnStderr(api, settings.logLevel);
  for (const failure of failures) api.diag.error(`Spillway: ${failure}`);
  for (const problem of file?.problems ?? []) api.diag.warn(`Spillway: OTEL_CONFIG_FILE: ${problem}`);
  for (const warning of warnings) api.diag.warn(`Spillway: ${warning}`);

  if (settings.disabled)
    return notStarted(
      'it is disabled',
      (message) => api.diag.info(message),
      propagateOnly(settings, search, application, api),
    );
  if ('problem' in search) return notStarted(search.problem, (message) => api.diag.error(message));
  return run(settings, options, search.sdk, application, api);
}

function run(
  settings: Settings,
  options: StartOptions,
  sdk: FoundSdk,
  application: Application,
  api: ApiModule,
): SpillwayHandle {
  const spool = spoolOf(options.spool, settings, application, (message) => api.diag.warn(`Spillway: ${message}`));
  const exit = settings.exit ?? (spool === undefined ? 'ship' : 'spool');
  let telemetry: Telemetry;
  try {
    telemetry = new Telemetry(settings, options, spool, sdk, application, api);
  } catch (error) {
    if (error instanceof RefusedOption) throw error.cause;
    return notStarted(`OpenTelemetry ${sdk.line} could not be set up: ${String(error)}`, (message) =>
      api.diag.error(message),
    );
  }
  const page: LivePage | undefined =
    settings.zpages && livePage(settings.zpages, (message) => api.diag.warn(`Spillway: ${message}`));
  const handle: SpillwayHandle = {
    forceFlush: (flushOptions) => telemetry.forceFlush(flushOptions),
    // The page shows the drain, and ends after it.
    shutdown: () => telemetry.shutdown().then(() => page?.close()),
    status: () => telemetry.status(),
  };
  rememberStart(handle);
  for (const { name } of SIGNALS) {
    const missing = sdk.missing[name];
    if (missing !== undefined && settings.exporters[name].length > 0) api.diag.warn(`Spillway: ${missing}`);
  }
  watchProcessEnd({
    exit,
    drainTimeoutMillis: settings.drainTimeoutMillis,
    shutdown: () => telemetry.shutdown(),
    pipelines: telemetry.pipelines.map(({ processor }) => processor),
  });
  api.diag.info(summaryOf(handle.status()));
  return handle;
}

function applicationOf({ sdk, application }: StartOptions): Application {
  if (sdk !== undefined) return givenApplication(sdk);
  return application === undefined ? findApplication(SDK_PACKAGES) : applicationAt(application);
}

/**
 * Passes incoming contexts on, although nothing is recorded here: `OTEL_SDK_DISABLED` "has no effect on propagators".
 * https://github.com/open-telemetry/opentelemetry-specification/blob/v1.60.0/specification/configuration/sdk-environment-variables.md#general-sdk-configuration
 * @returns the propagators that are registered
 */
function propagateOnly(
  { propagators }: Settings,
  search: SdkSearch,
  application: Application,
  api: ApiModule,
): readonly PropagatorName[] {
  if ('problem' in search) return [];
  try {
    const { core } = partsOfSdk(search.sdk);
    const parts = { core, application, line: search.sdk.line };
    const { names, propagator } = propagatorOf(propagators, parts, (message) => api.diag.warn(`Spillway: ${message}`));
    registerPropagation(propagator, contextManager(application, search.sdk, api), api);
    return names;
  } catch (error) {
    api.diag.warn(`Spillway is disabled, and propagators could not be set up: ${String(error)}`);
    return [];
  }
}

/** The api with which the SDK will be registered. Our own copy always exists, and can at least log. */
function loadApi(application: Application, search: SdkSearch): ApiModule {
  const module = 'sdk' in search ? search.sdk.api : application.find('@opentelemetry/api');
  try {
    return (module?.load() as ApiModule | undefined) ?? ownApi;
  } catch {
    return ownApi;
  }
}

function notStarted(
  reason: string,
  say: (message: string) => void,
  propagators: readonly PropagatorName[] = [],
): SpillwayHandle {
  say(`Spillway is not started: ${reason}`);
  const status: SpillwayStatus = {
    state: 'not_started',
    reason,
    sdk: undefined,
    signals: {},
    serviceName: undefined,
    propagators,
    instrumentations: 0,
  };
  return { forceFlush: nothingToDo, shutdown: nothingToDo, status: () => status };
}

async function nothingToDo(): Promise<void> {}
