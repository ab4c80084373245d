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

describe('a variable that has an effect elsewhere, or may have one later', () => {
  it.each([
    ['OTEL_METRICS_EXPORTER', 'otlp', 'there are traces and logs, and no metrics'],
    ['OTEL_CONFIG_FILE', '/etc/otel.yaml', 'files of configuration are not read, and the other variables hold'],
    ['OTEL_EXPERIMENTAL_CONFIG_FILE', '/etc/otel.yaml', 'files of configuration are not read, and the other variables hold'],
    ['SPILLWAY_SPOOL_DIRECTORY', '/var/spool', 'this version has no spool'],
    ['SPILLWAY_SPOOL_MAX_BYTES', '1GiB', 'this version has no spool'],
    ['SPILLWAY_SELF_METRICS', 'true', 'this version has no metrics of its own'],
    ['SPILLWAY_ZPAGES_PORT', '9090', 'this version has no z-pages'],
  ])('%s=%s is told of, with the reason', (name, value, reason) => {
    expect(warningsOf({ [name]: value })).toEqual([`${name} has no effect: ${reason}`]);
    expect(environmentVariables().map((variable) => variable.name)).not.toContain(name);
  });

  it.each([
    ['OTEL_METRICS_EXPORTER', ' None '],
    ['SPILLWAY_SELF_METRICS', 'false'],
    ['OTEL_CONFIG_FILE', ''],
  ])('%s="%s" asks for nothing, and is not told of', (name, value) => {
    expect(warningsOf({ [name]: value })).toEqual([]);
  });
});
