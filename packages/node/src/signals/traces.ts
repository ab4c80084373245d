import { EXPORTERS, readBatchProcessorEnvironment } from '@spillway/config';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { madeSampler } from '../config-file/sampler-plan.ts';
import type { Application } from '../sdk/application.ts';
import { type InstalledModule, numbersOf } from '../sdk/installed-module.ts';
import { serviceNameOf } from '../sdk/resource.ts';
import { samplerFor } from '../sdk/sampler.ts';
import { API } from '../sdk/sdk-line.ts';
import type { TracerProviderLike, TraceSdkModule } from '../sdk/sdk-module-types.ts';
import { pipelinesOf } from './pipelines.ts';
import type { InstalledSdk, SignalDescription } from './signal-description.ts';

const SDK_TRACE = '@opentelemetry/sdk-trace';
const SDK_TRACE_2 = ['@opentelemetry/sdk-trace-base', '@opentelemetry/sdk-trace-node'] as const;

export const TRACES: SignalDescription = {
  name: 'traces',
  provider: 'tracer',
  packages: { '2.x': SDK_TRACE_2, '3.x': [SDK_TRACE] },
  install: { '2.x': [`${SDK_TRACE_2[0]}@^2.0.0`], '3.x': [`${SDK_TRACE}@^3.0.0`] },
  globalApi: { '2.x': API, '3.x': API },
  exporters: EXPORTERS,

  find,

  drainTimeoutMillis: (env) => readBatchProcessorEnvironment('traces', env).drainTimeoutMillis,

  make(parts) {
    const { settings, options, module, resource, warn } = parts;
    const sdk = module.load() as TraceSdkModule;
    const pipelines = pipelinesOf('traces', parts, options.traces, (own) => new BackpressureSpanProcessor(own), {
      console: () => new sdk.ConsoleSpanExporter(),
      'otlp/stdout': () => new OtlpSpanExporter({ output: process.stdout }),
    });
    if (pipelines.length === 0) return undefined;
    const samplerParts = { ...parts, sdk, serviceName: serviceNameOf(settings) };
    const ofFile = settings.ofFile?.sampler;
    const { sampler, text } =
      ofFile === undefined ? samplerFor(settings, samplerParts, warn) : madeSampler(ofFile, samplerParts, warn);
    const Provider = providerOf(module, sdk);
    const spanProcessors = pipelines.map(({ processor }) => processor);
    return {
      provider: new Provider({ resource, sampler, spanProcessors, spanLimits: settings.spanLimits }),
      pipelines,
      sampler: text,
    };
  },

  register: (provider, api) => api.trace.setGlobalTracerProvider(provider as TracerProviderLike),
};

function find(application: Application): InstalledSdk | { readonly problem: string } {
  // sdk-trace 2.x is a dependency of sdk-trace-base 2.x, which applications install.
  const candidates = [...SDK_TRACE_2, SDK_TRACE]
    .map((name) => application.find(name))
    .filter((module) => module !== undefined);
  const newer = candidates.find(({ name, version }) => name === SDK_TRACE && numbersOf(version)[0] === 3);
  const older = candidates.find(({ version }) => numbersOf(version)[0] === 2);
  if (newer === undefined || older === undefined) {
    const module = newer ?? older;
    if (module === undefined) return { module: candidates[0], line: undefined };
    return { module, line: module === newer ? '3.x' : '2.x' };
  }
  // Both are found if another package brought one of them along. The application uses the one in its package.json.
  const listsNewer = application.lists(SDK_TRACE);
  const listsOlder = SDK_TRACE_2.some((name) => application.lists(name));
  if (listsNewer === listsOlder) return { problem: conflict(newer, older) };
  return listsNewer ? { module: newer, line: '3.x' } : { module: older, line: '2.x' };
}

function conflict(newer: InstalledModule, older: InstalledModule): string {
  return (
    `two OpenTelemetry SDKs are installed, ${newer.name} ${newer.version} and ${older.name} ${older.version}, and package.json does not say which one is used. ` +
    `Keep one: npm uninstall ${SDK_TRACE_2.join(' ')}, or npm uninstall ${SDK_TRACE}`
  );
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
