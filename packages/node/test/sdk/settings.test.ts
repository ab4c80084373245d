import * as sdk from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { samplerOf } from '../../src/sdk/sampler.ts';
import { resolveSettings } from '../../src/sdk/resolve-settings.ts';
import type { Settings } from '../../src/sdk/settings.ts';
import type { StartOptions } from '../../src/sdk/start-options.ts';

type Environment = Readonly<Record<string, string>>;

const resolve = (options: StartOptions = {}, env: Environment = {}) => resolveSettings(options, () => {}, env);

interface Sources {
  readonly setting: keyof Settings;
  readonly byDefault: unknown;
  readonly env: Environment;
  readonly byVariable: unknown;
  readonly options: StartOptions;
  readonly byOption: unknown;
}

describe('a setting of the start', () => {
  it.each<Sources>([
    {
      setting: 'disabled',
      byDefault: false,
      env: { OTEL_SDK_DISABLED: 'true' },
      byVariable: true,
      options: { disabled: false },
      byOption: false,
    },
    {
      setting: 'logLevel',
      byDefault: undefined,
      env: { OTEL_LOG_LEVEL: 'debug' },
      byVariable: 'debug',
      options: { logLevel: 'none' },
      byOption: 'none',
    },
    {
      setting: 'serviceName',
      byDefault: undefined,
      env: { OTEL_SERVICE_NAME: 'shop' },
      byVariable: 'shop',
      options: { serviceName: 'till' },
      byOption: 'till',
    },
    {
      setting: 'propagators',
      byDefault: ['tracecontext', 'baggage'],
      env: { OTEL_PROPAGATORS: 'baggage' },
      byVariable: ['baggage'],
      options: { propagators: ['none'] },
      byOption: ['none'],
    },
    {
      setting: 'sampler',
      byDefault: 'parentbased_always_on',
      env: { OTEL_TRACES_SAMPLER: 'always_off' },
      byVariable: 'always_off',
      options: { sampler: 'traceidratio' },
      byOption: 'traceidratio',
    },
    {
      setting: 'samplerRatio',
      byDefault: 1,
      env: { OTEL_TRACES_SAMPLER_ARG: '0.25' },
      byVariable: 0.25,
      options: { samplerRatio: 0 },
      byOption: 0,
    },
    {
      setting: 'exit',
      byDefault: undefined,
      env: { SPILLWAY_EXIT: 'none' },
      byVariable: 'none',
      options: { exit: 'spool' },
      byOption: 'spool',
    },
    {
      setting: 'spool',
      byDefault: undefined,
      env: {
        SPILLWAY_SPOOL_DIRECTORY: '/var/spool/otel',
        SPILLWAY_SPOOL_MAX_BYTES: '64MiB',
        SPILLWAY_SPOOL_SYNC: 'always',
      },
      byVariable: { directory: '/var/spool/otel', maxBytes: 64 * 2 ** 20, sync: 'always', maxAgeMillis: undefined },
      options: { spool: false },
      byOption: undefined,
    },
    {
      setting: 'resourceAttributes',
      byDefault: {},
      env: { OTEL_RESOURCE_ATTRIBUTES: 'a=1,b=2' },
      byVariable: { a: '1', b: '2' },
      options: { resourceAttributes: { b: 3 } },
      byOption: { a: '1', b: 3 },
    },
    {
      setting: 'exporters',
      byDefault: { traces: ['otlp'], logs: ['otlp'], metrics: ['otlp'] },
      env: { OTEL_TRACES_EXPORTER: 'console', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'prometheus,otlp' },
      byVariable: { traces: ['console'], logs: [], metrics: ['prometheus', 'otlp'] },
      options: { traces: false, logs: { exporters: ['console'] }, metrics: { exporters: ['otlp'] } },
      byOption: { traces: [], logs: ['console'], metrics: ['otlp'] },
    },
    {
      setting: 'prometheus',
      byDefault: { host: 'localhost', port: 9464 },
      env: { OTEL_EXPORTER_PROMETHEUS_HOST: '0.0.0.0', OTEL_EXPORTER_PROMETHEUS_PORT: '9999' },
      byVariable: { host: '0.0.0.0', port: 9999 },
      options: {},
      byOption: { host: '0.0.0.0', port: 9999 },
    },
    {
      setting: 'drainTimeoutMillis',
      byDefault: 10_000,
      env: { SPILLWAY_DRAIN_TIMEOUT: '0' },
      byVariable: Infinity,
      options: { traces: { drainTimeoutMillis: 100 }, logs: { drainTimeoutMillis: 200 }, metrics: false },
      byOption: 200,
    },
  ])(
    'is its default, then what a variable says, then what code says: $setting',
    ({ setting, byDefault, env, byVariable, options, byOption }) => {
      expect(resolve()[setting]).toEqual(byDefault);
      expect(resolve({}, env)[setting]).toEqual(byVariable);
      expect(resolve(options, env)[setting]).toEqual(byOption);
    },
  );

  it('is the longest of the signals that are wanted: the time for a drain', () => {
    const longest = (options: StartOptions) => resolve(options).drainTimeoutMillis;
    expect(longest({ traces: { drainTimeoutMillis: 100 }, logs: false, metrics: false })).toBe(100);
    expect(longest({ traces: false, logs: false, metrics: { drainTimeoutMillis: 300 } })).toBe(300);
    expect(longest({ traces: { drainTimeoutMillis: 0 }, logs: { drainTimeoutMillis: 100 } })).toBe(Infinity);
  });
});

describe('the sampling ratio', () => {
  it.each(['traceidratio', 'parentbased_traceidratio'] as const)(
    'is that of the sampler %s, wherever it was set',
    (sampler) => {
      const textWith = (options: StartOptions, env: Environment = {}) => {
        const settings = resolve({ sampler, ...options }, env);
        return String(samplerOf(sampler, settings.samplerRatio, sdk));
      };
      expect(textWith({ samplerRatio: 0.125 })).toContain('TraceIdRatioBased{0.125}');
      expect(textWith({}, { OTEL_TRACES_SAMPLER_ARG: '0.25' })).toContain('TraceIdRatioBased{0.25}');
    },
  );
});
