import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  environmentVariables,
  readBatchProcessorEnvironment,
  readLimitEnvironment,
  readMetricReaderEnvironment,
  readOtlpExporterEnvironment,
  readSamplerEnvironment,
  readSdkEnvironment,
  readSdkSignalEnvironment,
  type Signal,
} from '@spillway/config';

describe('the table of variables', () => {
  /** The names that the readers ask for. */
  function namesAskedFor(signal: Signal): Set<string> {
    const names = new Set<string>();
    const env = new Proxy({}, { get: (_, name) => void names.add(String(name)) });
    readOtlpExporterEnvironment(signal, env);
    readSdkEnvironment(env);
    readSdkSignalEnvironment(signal, env);
    if (signal === 'traces') readSamplerEnvironment(env);
    if (signal === 'metrics') readMetricReaderEnvironment(env);
    else {
      readBatchProcessorEnvironment(signal, env);
      readLimitEnvironment(signal, env);
    }
    return names;
  }

  it.each(['traces', 'logs', 'metrics'] as const)('lists exactly the variables that are read for %s', (signal) => {
    const listed = environmentVariables().filter(({ signals }) => signals.includes(signal));
    const asked = namesAskedFor(signal);
    // This variable is read only to warn that it has no effect.
    for (const name of ['OTEL_BSP_BLOCK_ON_QUEUE_FULL_TIMEOUT', 'OTEL_BLRP_BLOCK_ON_QUEUE_FULL_TIMEOUT'])
      asked.delete(name);
    expect(new Set(listed.map(({ name }) => name))).toEqual(asked);
  });

  it('lists each variable once, with its type, meaning and default', () => {
    const variables = environmentVariables();
    expect(new Set(variables.map(({ name }) => name)).size).toBe(variables.length);
    for (const variable of variables) {
      expect(variable.name).toMatch(/^(OTEL|SPILLWAY)_[A-Z_]+$/);
      expect(variable.type).not.toBe('');
      expect(variable.meaning).toMatch(/^\S.*[^.]$/);
      for (const signal of variable.signals) expect(variable.default[signal], variable.name).toMatch(/./);
    }
  });

  it('says which variables belong to one signal', () => {
    const signalsOf = (name: string) => environmentVariables().find((variable) => variable.name === name)?.signals;
    expect(signalsOf('OTEL_BSP_MAX_QUEUE_SIZE')).toEqual(['traces']);
    expect(signalsOf('SPILLWAY_LOGS_STRATEGY')).toEqual(['logs']);
    expect(signalsOf('SPILLWAY_STRATEGY')).toEqual(['traces', 'logs']);
    expect(signalsOf('SPILLWAY_DRAIN_TIMEOUT')).toEqual(['traces', 'logs', 'metrics']);
    expect(signalsOf('OTEL_METRIC_EXPORT_INTERVAL')).toEqual(['metrics']);
  });

  it('says which part reads each variable', () => {
    const readerOf = (name: string) => environmentVariables().find((variable) => variable.name === name)?.reader;
    expect(readerOf('SPILLWAY_STRATEGY')).toBe('processor');
    expect(readerOf('OTEL_EXPORTER_OTLP_ENDPOINT')).toBe('exporter');
    for (const name of [
      'SPILLWAY_EXIT',
      'OTEL_LOGS_EXPORTER',
      'OTEL_METRICS_EXPORTER',
      'OTEL_TRACES_SAMPLER',
      'OTEL_SPAN_LINK_COUNT_LIMIT',
    ]) {
      expect(readerOf(name)).toBe('registration');
    }
  });

  it('has each name written in full in the sources, so that a search for a variable finds the option it sets', () => {
    const directory = new URL('../src/', import.meta.url);
    const files = readdirSync(directory).filter((file) => file.endsWith('-settings.ts'));
    const sources = files.map((file) => readFileSync(new URL(file, directory), 'utf8')).join('\n');
    for (const { name } of environmentVariables()) {
      expect(sources).toContain(`'${name}'`);
    }
  });
});
