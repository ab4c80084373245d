import { describe, expect, it } from 'vitest';
import {
  readLimitEnvironment,
  readSamplerEnvironment,
  readSdkEnvironment,
  readSdkSignalEnvironment,
} from '@spillway/config';

function reading<T>(read: (warn: (message: string) => void) => T): { options: T; warnings: string[] } {
  const warnings: string[] = [];
  return { options: read((message) => warnings.push(message)), warnings };
}

const readSdk = (env: Record<string, string>) => reading((warn) => readSdkEnvironment(env, warn));

describe('the environment of the registration', () => {
  it('sets no option when it is empty', () => {
    expect(readSdk({ OTEL_SDK_DISABLED: '', OTEL_PROPAGATORS: ' ' })).toEqual({ options: {}, warnings: [] });
  });

  it.each([
    ['OTEL_SDK_DISABLED', 'True', 'disabled', true],
    ['OTEL_LOG_LEVEL', 'WARN', 'logLevel', 'warn'],
    ['OTEL_SERVICE_NAME', ' shop ', 'serviceName', 'shop'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=1, b%2Fc = d%2Ce ,', 'resourceAttributes', { a: '1', 'b/c': 'd,e' }],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=', 'resourceAttributes', { a: '' }],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=b=c', 'resourceAttributes', { a: 'b=c' }],
    ['OTEL_PROPAGATORS', 'Baggage, tracecontext,baggage', 'propagators', ['baggage', 'tracecontext']],
    ['OTEL_PROPAGATORS', 'none', 'propagators', ['none']],
    ['OTEL_PROPAGATORS', 'b3multi,xray', 'propagators', ['b3multi', 'xray']],
    ['SPILLWAY_EXIT', 'Ship', 'exit', 'ship'],
    ['SPILLWAY_EXIT', 'spool', 'exit', 'spool'],
    ['SPILLWAY_SPOOL_DIRECTORY', ' /var/spool/otel ', 'spoolDirectory', '/var/spool/otel'],
    ['SPILLWAY_SPOOL_MAX_BYTES', '64MiB', 'spoolMaxBytes', 64 * 2 ** 20],
    ['SPILLWAY_SPOOL_MAX_BYTES', '1MiB', 'spoolMaxBytes', 2 ** 20],
    ['SPILLWAY_SPOOL_SYNC', 'Always', 'spoolSync', 'always'],
    ['SPILLWAY_SPOOL_MAX_AGE', '0', 'spoolMaxAgeMillis', Infinity],
    // 90 days, which is longer than a timer can wait.
    ['SPILLWAY_SPOOL_MAX_AGE', '7776000000', 'spoolMaxAgeMillis', 7_776_000_000],
  ])('reads %s=%s', (name, value, option, expected) => {
    expect(readSdk({ [name]: value })).toEqual({ options: { [option]: expected }, warnings: [] });
  });

  it.each([
    ['OTEL_LOG_LEVEL', 'loud'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=1,town'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=1,=2'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=%zz'],
    ['OTEL_RESOURCE_ATTRIBUTES', ' , '],
    ['OTEL_PROPAGATORS', 'b2'],
    ['OTEL_PROPAGATORS', ','],
    ['SPILLWAY_EXIT', '0'],
    ['SPILLWAY_SPOOL_MAX_BYTES', '1048575'],
    ['SPILLWAY_SPOOL_SYNC', 'fsync'],
    ['SPILLWAY_SPOOL_MAX_AGE', '7d'],
  ])('ignores %s=%s with one warning', (name, value) => {
    const { options, warnings } = readSdk({ [name]: value });
    expect(options).toEqual({});
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`^${name}.* is ignored: `))]);
  });

  it('says how small a spool may be', () => {
    expect(readSdk({ SPILLWAY_SPOOL_MAX_BYTES: '64KiB' }).warnings).toEqual([
      'SPILLWAY_SPOOL_MAX_BYTES="64KiB" is ignored: expected a size of at least 1MiB, such as 4194304, 64MiB, 64MB or 1.5GiB',
    ]);
  });

  it('keeps the good words of a list, and names the bad ones in a warning', () => {
    const { options, warnings } = readSdk({ OTEL_PROPAGATORS: 'tracecontext,b2,none' });
    expect(options).toEqual({ propagators: ['tracecontext'] });
    expect(warnings).toEqual([expect.stringMatching(/^OTEL_PROPAGATORS=.*"b2" is left out.*"none" is left out/)]);
    expect(readSdk({ OTEL_PROPAGATORS: 'none,baggage' })).toEqual({
      options: { propagators: ['baggage'] },
      warnings: [expect.stringMatching(/^OTEL_PROPAGATORS="none,baggage": "none" is left out/)],
    });
  });

  it('shows no part of a resource in a warning', () => {
    expect(readSdk({ OTEL_RESOURCE_ATTRIBUTES: 'a=s3cret,s3cret' }).warnings).toEqual([
      expect.not.stringContaining('s3cret'),
    ]);
  });

  it.each([
    ['a=1,town', 'entry 2 has no "="'],
    ['a=1,b=2,=3', 'entry 3 has no name'],
    ['a=%zz', 'entry 1 has a "%" that is not followed by an encoded character'],
    [' , ', 'expected name=value'],
  ])('says which entry of the resource attributes %j is wrong, and why', (value, problem) => {
    expect(readSdk({ OTEL_RESOURCE_ATTRIBUTES: value }).warnings).toEqual([
      `OTEL_RESOURCE_ATTRIBUTES is ignored: ${problem}`,
    ]);
  });
});

describe('the environment of a signal', () => {
  it('names the exporters of that signal, one or several', () => {
    const env = { OTEL_TRACES_EXPORTER: 'console,OTLP', OTEL_LOGS_EXPORTER: 'none' };
    expect(readSdkSignalEnvironment('traces', env)).toEqual({ exporters: ['console', 'otlp'] });
    expect(readSdkSignalEnvironment('logs', env)).toEqual({ exporters: ['none'] });
  });

  it.each([
    ['OTEL_EXPORTER_PROMETHEUS_HOST', '0.0.0.0', { prometheusHost: '0.0.0.0' }],
    ['OTEL_EXPORTER_PROMETHEUS_PORT', '9090', { prometheusPort: 9090 }],
    ['OTEL_EXPORTER_PROMETHEUS_PORT', '65536', {}],
  ])('says with %s=%s where Prometheus finds the metrics', (name, value, options) => {
    expect(readSdkSignalEnvironment('metrics', { [name]: value })).toEqual(options);
    expect(readSdkSignalEnvironment('traces', { [name]: value })).toEqual({});
  });

  it('names the exporter prometheus for metrics only', () => {
    expect(readSdkSignalEnvironment('metrics', { OTEL_METRICS_EXPORTER: 'Prometheus,otlp' })).toEqual({
      exporters: ['prometheus', 'otlp'],
    });
    const { options, warnings } = reading((warn) =>
      readSdkSignalEnvironment('logs', { OTEL_LOGS_EXPORTER: 'prometheus' }, warn),
    );
    expect(options).toEqual({});
    expect(warnings).toHaveLength(1);
  });

  it.each(['zipkin', 'jaeger', 'stdout'])('loses the exporter %s, which is not known, with a warning', (exporter) => {
    const { options, warnings } = reading((warn) =>
      readSdkSignalEnvironment('traces', { OTEL_TRACES_EXPORTER: exporter }, warn),
    );
    expect(options).toEqual({});
    expect(warnings).toHaveLength(1);
  });

  it('limits spans and log records by their own form of a variable, then by the general one', () => {
    const env = {
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '3',
      OTEL_ATTRIBUTE_COUNT_LIMIT: '9',
      OTEL_SPAN_LINK_COUNT_LIMIT: '0',
    };
    expect(readLimitEnvironment('traces', env)).toEqual({ attributeCountLimit: 3, linkCountLimit: 0 });
    expect(readLimitEnvironment('logs', env)).toEqual({ attributeCountLimit: 9 });
  });
});

describe('the environment of the sampler', () => {
  it.each([
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio',
  ])('knows %s', (sampler) => {
    expect(
      readSamplerEnvironment({ OTEL_TRACES_SAMPLER: sampler.toUpperCase(), OTEL_TRACES_SAMPLER_ARG: '.25' }),
    ).toEqual({ sampler, samplerRatio: 0.25 });
  });

  it.each([
    [{ OTEL_TRACES_SAMPLER: 'sometimes' }, 'expected always_on'],
    [{ OTEL_TRACES_SAMPLER_ARG: '1.5' }, 'from 0 to 1'],
    [{ OTEL_TRACES_SAMPLER_ARG: '1e-1' }, 'from 0 to 1'],
  ])('ignores %j', (env, problem) => {
    const { options, warnings } = reading((warn) => readSamplerEnvironment(env, warn));
    expect(options).toEqual({});
    expect(warnings).toEqual([expect.stringContaining(problem)]);
  });
});

describe('the environment of a sampler that asks a server', () => {
  it.each([
    [
      'jaeger_remote',
      'endpoint=http://jaeger:5778/, pollingIntervalMs=5000,initialSamplingRate=.25',
      { endpoint: 'http://jaeger:5778', pollingIntervalMillis: 5000, initialRatio: 0.25 },
    ],
    ['parentbased_jaeger_remote', 'pollingIntervalMs=1', { pollingIntervalMillis: 1 }],
    [
      'xray',
      'endpoint=http://agent:2000,polling_interval=60',
      { endpoint: 'http://agent:2000', pollingIntervalMillis: 60_000 },
    ],
  ])('says how %s asks', (sampler, argument, remoteSampling) => {
    const env = { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument };
    expect(reading((warn) => readSamplerEnvironment(env, warn))).toEqual({
      options: { sampler, remoteSampling },
      warnings: [],
    });
  });

  it.each([
    ['jaeger_remote', '0.5', {}, /is ignored: an entry is left out \(expected endpoint, pollingIntervalMs/],
    [
      'jaeger_remote',
      'pollingIntervalMs=0,initialSamplingRate=1',
      { initialRatio: 1 },
      /pollingIntervalMs is left out/,
    ],
    ['xray', 'polling_interval=9', {}, /polling_interval is left out \(expected a whole number from 10/],
    ['xray', 'initialSamplingRate=1', {}, /expected endpoint, polling_interval/],
    ['jaeger_remote', 'endpoint=jaeger:5778', {}, /endpoint is left out \(expected a URL/],
  ])('leaves out what %s cannot use of %s', (sampler, argument, remoteSampling, problem) => {
    const env = { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument };
    const { options, warnings } = reading((warn) => readSamplerEnvironment(env, warn));
    expect(options).toEqual({ sampler, ...(Object.keys(remoteSampling).length > 0 && { remoteSampling }) });
    expect(warnings).toEqual([expect.stringMatching(problem)]);
  });
});

describe('a mistake in the environment of the process', () => {
  it('is reported once, to the first reader that takes warnings', () => {
    process.env['OTEL_TRACES_SAMPLER'] = 'of-this-test';
    try {
      expect(readSamplerEnvironment()).toEqual({});
      expect(reading((warn) => readSamplerEnvironment(undefined, warn)).warnings).toHaveLength(1);
      expect(reading((warn) => readSamplerEnvironment(undefined, warn)).warnings).toEqual([]);
    } finally {
      delete process.env['OTEL_TRACES_SAMPLER'];
    }
  });
});
