import * as sdkLogs from '@opentelemetry/sdk-logs';
import * as sdkMetrics from '@opentelemetry/sdk-metrics';
import * as sdkTrace from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import type { SdkModules } from '../../src/sdk/given-modules.ts';
import { givenApplication } from '../../src/sdk/given-sdk.ts';
import type { InstalledModule } from '../../src/sdk/installed-module.ts';
import { resolveSettings } from '../../src/sdk/resolve-settings.ts';
import type { ApiModule, ProviderLike, ResourceLike } from '../../src/sdk/sdk-module-types.ts';
import type { StartOptions } from '../../src/sdk/start-options.ts';
import { LOGS } from '../../src/signals/logs.ts';
import { METRICS } from '../../src/signals/metrics.ts';
import type { MadeSignal, SignalDescription } from '../../src/signals/signal-description.ts';
import { TRACES } from '../../src/signals/traces.ts';

type Environment = Readonly<Record<string, string>>;

/** Keeps what a provider was made of. */
class Provider {
  readonly config: object;

  constructor(config: object) {
    this.config = config;
  }

  async shutdown(): Promise<void> {}
}

class BaseProvider extends Provider {}

const resource = { name: 'resource' } as unknown as ResourceLike;

const moduleOf = (module: object, siblings: Readonly<Record<string, InstalledModule>> = {}): InstalledModule => ({
  name: '@opentelemetry/sdk',
  version: '2.12.1',
  file: '',
  load: () => module,
  sibling: (name) => siblings[name],
});

const made: MadeSignal[] = [];
afterEach(async () => {
  for (const { pipelines } of made.splice(0)) for (const { processor } of pipelines) await processor.shutdown();
});

function make(
  signal: SignalDescription,
  module: InstalledModule,
  options: StartOptions = {},
  env: Environment = {},
): MadeSignal | undefined {
  const result = signal.make({
    settings: resolveSettings(options, () => {}, env),
    options,
    spool: undefined,
    line: '2.x',
    module,
    application: givenApplication({
      '@opentelemetry/exporter-prometheus': { PrometheusExporter: Provider },
    } as unknown as SdkModules),
    resource,
    meterSource: undefined,
    warn: () => {},
    untraced: (run) => run(),
  });
  if (result !== undefined) made.push(result);
  return result;
}

const configOf = (signal: MadeSignal | undefined): object =>
  (signal?.provider as unknown as Provider | undefined)?.config ?? {};

describe('the provider of traces', () => {
  const base = { ...sdkTrace, TracerProvider: undefined, BasicTracerProvider: BaseProvider };
  const plain = (version: string) => ({
    '@opentelemetry/sdk-trace': { ...moduleOf({ TracerProvider: Provider }), version },
  });

  it.each([
    ['its own on line 3.x', moduleOf({ ...base, TracerProvider: Provider }), Provider],
    ['the base class on line 2.x, which does not read the variables again', moduleOf(base, plain('2.12.1')), Provider],
    ['the basic one if the base class is of the other line', moduleOf(base, plain('3.1.1')), BaseProvider],
    ['the basic one on an older line 2.x', moduleOf(base), BaseProvider],
  ])('is %s', (_, module, Expected) => {
    expect(make(TRACES, module)?.provider.constructor).toBe(Expected);
  });

  it('is refused, with the name of the package, if there is none', () => {
    const module = moduleOf({ ...base, BasicTracerProvider: undefined });
    expect(() => make(TRACES, module)).toThrow('@opentelemetry/sdk 2.12.1 has no tracer provider');
  });

  it('has the resource, the processors, the sampler and the limits', () => {
    const own = { shouldSample: () => ({ decision: 2 }), toString: () => 'own' };
    const env = { OTEL_SPAN_EVENT_COUNT_LIMIT: '7' };
    const module = moduleOf(base);
    const traces = make(TRACES, module, { sampler: own as never, spanLimits: { linkCountLimit: 9 } }, env);
    expect(configOf(traces)).toEqual({
      resource,
      sampler: own,
      spanProcessors: traces?.pipelines.map(({ processor }) => processor),
      spanLimits: { eventCountLimit: 7, linkCountLimit: 9 },
    });
    expect(traces?.sampler).toBe('own');
    const named = make(TRACES, module, { sampler: 'always_off' });
    expect(configOf(named)).toMatchObject({ sampler: new sdkTrace.AlwaysOffSampler() });
    expect(named?.sampler).toBe('always_off');
  });
});

describe('the provider of logs', () => {
  const module = moduleOf({ ...sdkLogs, LoggerProvider: Provider });

  it('has the resource and the processors, and only the limits that are set', () => {
    const limitsIn = (options: StartOptions, env: Environment = {}) => {
      const logs = make(LOGS, module, options, env);
      const { logRecordLimits, ...rest } = configOf(logs) as { readonly logRecordLimits: object };
      expect(rest).toEqual({ resource, processors: logs?.pipelines.map(({ processor }) => processor) });
      return Object.entries(logRecordLimits);
    };
    expect(limitsIn({})).toEqual([]);
    expect(limitsIn({}, { OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: '3' })).toEqual([['attributeCountLimit', 3]]);
    expect(limitsIn({ logRecordLimits: { attributeValueLengthLimit: 5 } })).toEqual([['attributeValueLengthLimit', 5]]);
  });

  it.each([
    ['true, as from the api', true, true],
    ['the provider itself, as from api-logs', 'itself', true],
    ['false, as from the api', false, false],
    ['another provider, as from api-logs', {}, false],
  ])('is the global one if the answer is %s', (_, answer, isRegistered) => {
    const provider: ProviderLike = new Provider({});
    const globalApi = moduleOf({
      logs: { setGlobalLoggerProvider: (given: unknown) => (answer === 'itself' ? given : answer) },
    });
    expect(LOGS.register(provider, {} as ApiModule, globalApi)).toBe(isRegistered);
  });

  it('is not the global one if its api is not installed', () => {
    expect(LOGS.register(new Provider({}), {} as ApiModule, undefined)).toBe(false);
  });
});

describe('the provider of metrics', () => {
  const module = moduleOf({ ...sdkMetrics, MeterProvider: Provider });

  it('has the resource, the readers and the views', () => {
    const views = [{ instrumentName: 'requests', name: 'orders' }];
    const metrics = make(METRICS, module, { metrics: { views } });
    const readers = metrics?.pipelines.map(({ processor }) => processor);
    expect(configOf(metrics)).toEqual({ resource, readers, views });
    expect(configOf(make(METRICS, module))).toMatchObject({ views: [] });
    expect(metrics).not.toHaveProperty('scrapedAt');
  });

  it('has the reader for Prometheus, without a pipeline to it', () => {
    const metrics = make(METRICS, module, {}, { OTEL_METRICS_EXPORTER: 'prometheus' });
    expect(metrics).toMatchObject({ pipelines: [], scrapedAt: 'http://localhost:9464/metrics' });
    expect(configOf(metrics)).toMatchObject({ readers: [new Provider({ host: 'localhost', port: 9464 })] });
  });

  it('is not made if metrics are switched off', () => {
    expect(make(METRICS, module, { metrics: false })).toBeUndefined();
  });
});

describe('the registration', () => {
  it.each([true, false])('of traces and metrics tells what the api answers: %s', (answer) => {
    const given: unknown[] = [];
    const take = (provider: unknown): boolean => {
      given.push(provider);
      return answer;
    };
    const api = {
      trace: { setGlobalTracerProvider: take },
      metrics: { setGlobalMeterProvider: take },
    } as unknown as ApiModule;
    const providers = [new Provider({}), new Provider({})] as const;
    expect(TRACES.register(providers[0], api, undefined)).toBe(answer);
    expect(METRICS.register(providers[1], api, undefined)).toBe(answer);
    expect(given).toEqual(providers);
  });
});
