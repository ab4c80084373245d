import { describe, expect, it } from 'vitest';
import { type Environment, environmentVariables, warnOfVariablesWithoutEffect } from '@spillway/config';

function warningsOf(env: Environment): readonly string[] {
  const warnings: string[] = [];
  warnOfVariablesWithoutEffect(env, (message) => warnings.push(message));
  return warnings;
}

describe('a variable that begins with SPILLWAY_ and is not known', () => {
  it.each([
    ['SPILLWAY_STRATEGIE', 'SPILLWAY_STRATEGY'],
    ['SPILLWAY_STRATGEY', 'SPILLWAY_STRATEGY'],
    ['SPILLWAY_LOG_STRATEGY', 'SPILLWAY_LOGS_STRATEGY'],
    ['SPILLWAY_MAX_QUEUE_BYTE', 'SPILLWAY_MAX_QUEUE_BYTES'],
    ['SPILLWAY_EXITS', 'SPILLWAY_EXIT'],
    ['spillway_exit', 'SPILLWAY_EXIT'],
    ['SPILLWAY_LOCES_STRATEGY', 'SPILLWAY_LOGS_STRATEGY'],
    ['SPILLWAY_METRIC_DRAIN_TIMEOUT', 'SPILLWAY_METRICS_DRAIN_TIMEOUT'],
  ])('%s causes a warning that names the variable that was meant: %s', (name, meant) => {
    expect(warningsOf({ [name]: 's3cret' })).toEqual([
      `"${name}" is not known and has no effect: did you mean ${meant}?`,
    ]);
  });

  it.each(['SPILLWAY_COLOUR', 'SPILLWAY_', 'SPILLWAY_TEAPOT_TEMPERATURE'])(
    '%s causes a warning without a suggestion, because no known name resembles it',
    (name) => {
      expect(warningsOf({ [name]: '1' })).toEqual([`"${name}" is not known and has no effect`]);
    },
  );

  it('is neither one of the variables that are read nor one with another prefix', () => {
    const known = Object.fromEntries(environmentVariables().map(({ name }) => [name, 'x']));
    expect(warningsOf({ ...known, PATH: '/bin', OTEL_STRATEGY: 'x', MY_SPILLWAY_STRATEGY: 'x' })).toEqual([]);
  });

  it('causes one warning if it is in the environment of the process', () => {
    process.env['SPILLWAY_OF_THIS_TEST'] = '1';
    try {
      const warnings: string[] = [];
      for (let time = 0; time < 2; time += 1)
        warnOfVariablesWithoutEffect(undefined, (message) => warnings.push(message));
      expect(warnings).toHaveLength(1);
    } finally {
      delete process.env['SPILLWAY_OF_THIS_TEST'];
    }
  });

  it('causes no warning, and no throw, if the names cannot be read', () => {
    const forbidding = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('NotCapable');
        },
      },
    );
    expect(warningsOf(forbidding)).toEqual([]);
  });
});

describe('a variable that begins with OTEL_ and is not known', () => {
  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPIONT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['OTEL_EXPORTER_OLTP_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['OTEL_EXPORTER_OTLP_TRACE_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
    ['OTEL_EXPORTER_OTLP_HEADER', 'OTEL_EXPORTER_OTLP_HEADERS'],
    ['OTEL_TRACE_SAMPLER', 'OTEL_TRACES_SAMPLER'],
    ['OTEL_LOG_RECORD_ATTRIBUTE_COUNT_LIMIT', 'OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT'],
    ['OTEL_SERVICENAME', 'OTEL_SERVICE_NAME'],
    ['OTEL_METRICS_EXPORT_INTERVAL', 'OTEL_METRIC_EXPORT_INTERVAL'],
    ['OTEL_METRIC_EXPORTER', 'OTEL_METRICS_EXPORTER'],
    ['OTEL_EXPORTER_PROMETHEUS_PROT', 'OTEL_EXPORTER_PROMETHEUS_PORT'],
    ['OTEL_EXPORTER_OTLP_METRIC_ENDPOINT', 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'],
    ['otel_service_name', 'OTEL_SERVICE_NAME'],
  ])('%s causes a warning because it resembles a known name: %s', (name, meant) => {
    expect(warningsOf({ [name]: 's3cret' })).toEqual([
      `"${name}" is not known and has no effect: did you mean ${meant}?`,
    ]);
  });

  it.each([
    'OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT',
    'OTEL_EXPORTER_OTLP_SPAN_INSECURE',
    'OTEL_EXPORTER_JAEGER_TIMEOUT',
    'OTEL_EXPORTER_ZIPKIN_ENDPOINT',
    'OTEL_EXPORTER_PROMETHEUS_PREFIX_NAME',
    'OTEL_NODE_RESOURCE_DETECTORS',
    'OTEL_NODE_ENABLED_INSTRUMENTATIONS',
    'OTEL_NODE_DISABLED_INSTRUMENTATIONS',
    'OTEL_SEMCONV_STABILITY_OPT_IN',
    'OTEL_DENO',
    'OTEL_DENO_CONSOLE',
    'OTEL_PYTHON_LOG_LEVEL',
    'OTEL_JAVAAGENT_ENABLED',
    'OTEL_SERVICE_VERSION',
  ])('%s, which other packages read, is left alone', (name) => {
    expect(warningsOf({ [name]: 'x' })).toEqual([]);
  });

  it('is left alone if it differs from a known name only in case and the platform ignores case, as Windows does', () => {
    expect(
      warningsOf(
        new Proxy(
          { Otel_Service_Name: 'shop' },
          {
            get: (target, name) =>
              String(name).toUpperCase() === 'OTEL_SERVICE_NAME' ? target.Otel_Service_Name : undefined,
          },
        ),
      ),
    ).toEqual([]);
  });
});

describe('a variable that has an effect elsewhere', () => {
  it.each([
    ['OTEL_METRICS_EXEMPLAR_FILTER', 'Trace_Based', 'the metrics SDKs of OpenTelemetry JS record no exemplars'],
    ['OTEL_EXPERIMENTAL_CONFIG_FILE', '/etc/otel.yaml', 'the variable of configuration files is OTEL_CONFIG_FILE now'],
  ])('%s=%s causes a warning that gives the reason', (name, value, reason) => {
    expect(warningsOf({ [name]: value })).toEqual([`${name} has no effect: ${reason}`]);
    expect(environmentVariables().map((variable) => variable.name)).not.toContain(name);
  });

  it.each([
    ['OTEL_METRICS_EXEMPLAR_FILTER', ' Always_Off '],
    ['OTEL_EXPERIMENTAL_CONFIG_FILE', ''],
  ])('%s="%s" asks for nothing, and causes no warning', (name, value) => {
    expect(warningsOf({ [name]: value })).toEqual([]);
  });

  it('is checked, if its words are known', () => {
    expect(warningsOf({ OTEL_METRICS_EXEMPLAR_FILTER: 'some' })).toEqual([
      'OTEL_METRICS_EXEMPLAR_FILTER="some" is ignored: expected always_on, always_off, trace_based',
    ]);
  });
});

describe('a variable of the spool', () => {
  const others = { SPILLWAY_SPOOL_MAX_BYTES: '64MiB', SPILLWAY_SPOOL_SYNC: 'always', SPILLWAY_SPOOL_MAX_AGE: '0' };

  it('causes a warning if there is no directory, and so no spool', () => {
    expect(warningsOf(others)).toEqual(
      Object.keys(others)
        .toSorted()
        .map((name) => `${name} has no effect: SPILLWAY_SPOOL_DIRECTORY is not set`),
    );
    expect(warningsOf({ ...others, SPILLWAY_SPOOL_DIRECTORY: '/var/spool/otel' })).toEqual([]);
  });

  it('causes no second warning if its value makes no sense', () => {
    expect(warningsOf({ SPILLWAY_SPOOL_SYNC: 'sometimes' })).toEqual([]);
  });
});
