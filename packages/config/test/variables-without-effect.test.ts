import { describe, expect, it } from 'vitest';
import { type Environment, environmentVariables, warnOfVariablesWithoutEffect } from '@spillway/config';

function warningsOf(env: Environment): readonly string[] {
  const warnings: string[] = [];
  warnOfVariablesWithoutEffect(env, (message) => warnings.push(message));
  return warnings;
}

describe('a variable that begins with SPILLWAY_ and is none', () => {
  it.each([
    ['SPILLWAY_STRATEGIE', 'SPILLWAY_STRATEGY'],
    ['SPILLWAY_STRATGEY', 'SPILLWAY_STRATEGY'],
    ['SPILLWAY_LOG_STRATEGY', 'SPILLWAY_LOGS_STRATEGY'],
    ['SPILLWAY_MAX_QUEUE_BYTE', 'SPILLWAY_MAX_QUEUE_BYTES'],
    ['SPILLWAY_EXITS', 'SPILLWAY_EXIT'],
    ['spillway_exit', 'SPILLWAY_EXIT'],
    ['SPILLWAY_LOCES_STRATEGY', 'SPILLWAY_LOGS_STRATEGY'],
  ])('%s is told of, with the one that was meant: %s', (name, meant) => {
    expect(warningsOf({ [name]: 's3cret' })).toEqual([`"${name}" is not known and has no effect: did you mean ${meant}?`]);
  });

  it.each(['SPILLWAY_COLOUR', 'SPILLWAY_', 'SPILLWAY_TEAPOT_TEMPERATURE'])('%s is told of, where nothing is near', (name) => {
    expect(warningsOf({ [name]: '1' })).toEqual([`"${name}" is not known and has no effect`]);
  });

  it('is none of those that are read, nor of others', () => {
    const known = Object.fromEntries(environmentVariables().map(({ name }) => [name, 'x']));
    expect(warningsOf({ ...known, PATH: '/bin', OTEL_STRATEGY: 'x', MY_SPILLWAY_STRATEGY: 'x' })).toEqual([]);
  });

  it('in the environment of the process is told of once', () => {
    process.env['SPILLWAY_OF_THIS_TEST'] = '1';
    try {
      const warnings: string[] = [];
      for (let time = 0; time < 2; time += 1) warnOfVariablesWithoutEffect(undefined, (message) => warnings.push(message));
      expect(warnings).toHaveLength(1);
    } finally {
      delete process.env['SPILLWAY_OF_THIS_TEST'];
    }
  });

  it('is not looked for where the names cannot be read', () => {
    const forbidding = new Proxy({}, { ownKeys: () => { throw new Error('NotCapable'); } });
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
    ['otel_service_name', 'OTEL_SERVICE_NAME'],
  ])('%s is warned of if it resembles a known one: %s', (name, meant) => {
    expect(warningsOf({ [name]: 's3cret' })).toEqual([`"${name}" is not known and has no effect: did you mean ${meant}?`]);
  });

  it.each([
    'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'OTEL_EXPORTER_OTLP_METRICS_HEADERS', 'OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT', 'OTEL_EXPORTER_OTLP_SPAN_INSECURE',
    'OTEL_EXPORTER_JAEGER_TIMEOUT', 'OTEL_EXPORTER_ZIPKIN_ENDPOINT', 'OTEL_EXPORTER_PROMETHEUS_PORT', 'OTEL_METRIC_EXPORT_INTERVAL', 'OTEL_METRIC_EXPORT_TIMEOUT',
    'OTEL_METRICS_EXEMPLAR_FILTER', 'OTEL_NODE_RESOURCE_DETECTORS', 'OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'OTEL_NODE_DISABLED_INSTRUMENTATIONS',
    'OTEL_SEMCONV_STABILITY_OPT_IN', 'OTEL_DENO', 'OTEL_DENO_CONSOLE', 'OTEL_PYTHON_LOG_LEVEL', 'OTEL_JAVAAGENT_ENABLED', 'OTEL_SERVICE_VERSION',
  ])('%s, which others read, is left alone', (name) => {
    expect(warningsOf({ [name]: 'x' })).toEqual([]);
  });

  it('is left alone in another case if the platform takes it for the known one, as Windows does', () => {
    expect(warningsOf(new Proxy({ Otel_Service_Name: 'shop' }, { get: (target, name) => (String(name).toUpperCase() === 'OTEL_SERVICE_NAME' ? target.Otel_Service_Name : undefined) }))).toEqual([]);
  });
});

describe('a variable that has an effect elsewhere', () => {
  it.each([
    ['OTEL_METRICS_EXPORTER', 'otlp', 'there are traces and logs, and no metrics'],
    ['OTEL_CONFIG_FILE', '/etc/otel.yaml', 'files of configuration are not read, and the other variables hold'],
    ['OTEL_EXPERIMENTAL_CONFIG_FILE', '/etc/otel.yaml', 'files of configuration are not read, and the other variables hold'],
  ])('%s=%s is told of, with the reason', (name, value, reason) => {
    expect(warningsOf({ [name]: value })).toEqual([`${name} has no effect: ${reason}`]);
    expect(environmentVariables().map((variable) => variable.name)).not.toContain(name);
  });

  it.each([
    ['OTEL_METRICS_EXPORTER', ' None '],
    ['OTEL_CONFIG_FILE', ''],
  ])('%s="%s" asks for nothing, and is not told of', (name, value) => {
    expect(warningsOf({ [name]: value })).toEqual([]);
  });
});
