import { afterEach, describe, expect, it, vi } from 'vitest';
import { effectiveSettings, type Environment, environmentVariables, type Signal } from '@spillway/config';

function effective(env: Environment) {
  const warnings: string[] = [];
  const settings = effectiveSettings(env, (message) => warnings.push(message));
  const of = (option: string, signal?: Signal) =>
    settings.find((setting) => setting.option === option && setting.signal === signal);
  return { settings, warnings, of };
}

afterEach(() => void vi.unstubAllEnvs());

describe('the effective settings', () => {
  it('are the defaults if no variable is set, with a row for every option', () => {
    const { settings, warnings, of } = effective({});
    expect(warnings).toEqual([]);
    expect(settings.every(({ value, variables }) => value === undefined && variables.length === 0)).toBe(true);
    expect(new Set(settings.map(({ option }) => option))).toEqual(
      new Set(environmentVariables().map(({ option }) => option)),
    );
    expect(of('strategy', 'logs')?.default).toBe('`drop_oldest`');
    expect(of('sampler', 'traces')).toBeDefined();
    expect(of('sampler', 'logs')).toBeUndefined();
    expect(of('exportIntervalMillis', 'metrics')?.default).toBe('60000');
    expect(of('exportIntervalMillis', 'traces')).toBeUndefined();
    expect(of('maxQueueSize', 'metrics')).toBeUndefined();
  });

  it("name the variable that each value came from, and the signal's own form comes before the common one", () => {
    const { of } = effective({
      SPILLWAY_LOGS_STRATEGY: 'block',
      SPILLWAY_STRATEGY: 'drop_newest',
      SPILLWAY_EXIT: 'NONE',
    });
    expect(of('strategy', 'logs')).toMatchObject({ value: 'block', variables: ['SPILLWAY_LOGS_STRATEGY'] });
    expect(of('strategy', 'traces')).toMatchObject({ value: 'drop_newest', variables: ['SPILLWAY_STRATEGY'] });
    expect(of('exit')).toMatchObject({ value: 'none', variables: ['SPILLWAY_EXIT'] });
  });

  it('join the headers of both forms and name both variables', () => {
    const { of } = effective({ OTEL_EXPORTER_OTLP_HEADERS: 'a=1', OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'b=2' });
    expect(of('headers', 'logs')).toMatchObject({
      value: { a: '1', b: '2' },
      variables: ['OTEL_EXPORTER_OTLP_LOGS_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS'],
    });
    expect(of('headers', 'traces')).toMatchObject({ value: { a: '1' }, variables: ['OTEL_EXPORTER_OTLP_HEADERS'] });
  });

  it('show the default instead of an unusable value, after one warning for each signal that reads it', () => {
    const { of, warnings } = effective({ OTEL_EXPORTER_OTLP_TIMEOUT: '10s' });
    expect(of('timeoutMillis', 'traces')).toMatchObject({ value: undefined, variables: [], default: '10000' });
    expect(warnings).toEqual(Array(3).fill(expect.stringContaining('OTEL_EXPORTER_OTLP_TIMEOUT="10s"')));
  });

  it('name each variable with an unusable value, even if another variable sets the option', () => {
    const { of } = effective({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://collector:4318/v1/logs',
      OTEL_EXPORTER_OTLP_TIMEOUT: ' ',
    });
    expect(of('url', 'traces')).toMatchObject({
      value: undefined,
      variables: [],
      ignored: ['OTEL_EXPORTER_OTLP_ENDPOINT'],
    });
    expect(of('url', 'logs')).toMatchObject({
      variables: ['OTEL_EXPORTER_OTLP_LOGS_ENDPOINT'],
      ignored: ['OTEL_EXPORTER_OTLP_ENDPOINT'],
    });
    expect(of('timeoutMillis', 'traces')).toMatchObject({ ignored: [] });
  });

  it('warn once of each mistake in the environment of the process', () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_LOGS_TIMEOUT', undefined);
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '10 parsecs');
    expect(effective(process.env).warnings).toEqual([
      expect.stringContaining('OTEL_EXPORTER_OTLP_TIMEOUT="10 parsecs"'),
    ]);
  });

  it('show the default instead of a value that contradicts another one', () => {
    const { of, warnings } = effective({ OTEL_BSP_MAX_QUEUE_SIZE: '10', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '20' });
    expect(of('maxQueueSize', 'traces')).toMatchObject({ value: 10, variables: ['OTEL_BSP_MAX_QUEUE_SIZE'] });
    expect(of('maxExportBatchSize', 'traces')).toMatchObject({
      value: undefined,
      variables: [],
      ignored: ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'],
    });
    expect(warnings).toHaveLength(1);
  });

  it.each([
    ['OTEL_BSP_MAX_QUEUE_SIZE', '100', 'maxExportBatchSize', '100'],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '1000', 'maxExportBatchSize', '512'],
    ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '300000', 'maxQueueSize', '300000'],
    ['SPILLWAY_HIGH_WATERMARK', '0.4', 'lowWatermark', '0.4'],
    ['SPILLWAY_LOW_WATERMARK', '0.9', 'highWatermark', '0.9'],
  ])('limit a default to another option that is set: with %s=%s, %s is %s', (name, value, option, expected) => {
    const { of, warnings } = effective({ [name]: value });
    expect(of(option, 'traces')).toMatchObject({ value: undefined, default: expected });
    expect(warnings).toEqual([]);
  });

  it('keep the defaults of all options that the ones that are set do not limit', () => {
    const limited = ['maxQueueSize', 'highWatermark'];
    const defaultsWith = (env: Environment) =>
      effective(env)
        .settings.filter(({ option }) => !limited.includes(option))
        .map(({ option, signal, default: text }) => [option, signal, text]);
    expect(defaultsWith({ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '300000', SPILLWAY_LOW_WATERMARK: '0.9' })).toEqual(
      defaultsWith({}),
    );
  });
});
