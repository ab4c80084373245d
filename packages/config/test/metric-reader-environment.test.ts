import { describe, expect, it } from 'vitest';
import { readMetricReaderEnvironment } from '@spillway/config';

function read(env: Record<string, string>) {
  const warnings: string[] = [];
  return { options: readMetricReaderEnvironment(env, (message) => warnings.push(message)), warnings };
}

describe('the environment of the metric reader', () => {
  it('sets no option when it is empty', () => {
    expect(read({})).toEqual({ options: {}, warnings: [] });
  });

  it.each([
    ['OTEL_METRIC_EXPORT_INTERVAL', '5000', { exportIntervalMillis: 5000 }],
    ['OTEL_METRIC_EXPORT_TIMEOUT', '7000', { exportTimeoutMillis: 7000 }],
    ['OTEL_METRIC_EXPORT_TIMEOUT', '0', { exportTimeoutMillis: Infinity }],
    ['SPILLWAY_METRICS_MAX_QUEUE_BYTES', '1MiB', { maxQueueBytes: 1_048_576 }],
    ['SPILLWAY_MAX_QUEUE_BYTES', '2MiB', { maxQueueBytes: 2_097_152 }],
    ['SPILLWAY_METRICS_DRAIN_TIMEOUT', '0', { drainTimeoutMillis: Infinity }],
    ['SPILLWAY_DRAIN_TIMEOUT', '300', { drainTimeoutMillis: 300 }],
  ])('reads %s=%s', (name, value, options) => {
    expect(read({ [name]: value })).toEqual({ options, warnings: [] });
  });

  it("prefers the signal's own form", () => {
    const env = { SPILLWAY_DRAIN_TIMEOUT: '1', SPILLWAY_METRICS_DRAIN_TIMEOUT: '2' };
    expect(read(env).options).toEqual({ drainTimeoutMillis: 2 });
  });

  it.each([
    ['OTEL_METRIC_EXPORT_INTERVAL', '0'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '60s'],
    ['OTEL_METRIC_EXPORT_TIMEOUT', '-1'],
  ])('ignores %s=%s with a warning', (name, value) => {
    const { options, warnings } = read({ [name]: value });
    expect(options).toEqual({});
    expect(warnings).toEqual([expect.stringContaining(`${name}="${value}" is ignored: `)]);
  });

  it('knows neither the options of the batch processors nor their form of a variable', () => {
    const env = { SPILLWAY_STRATEGY: 'block', OTEL_BSP_EXPORT_TIMEOUT: '1', SPILLWAY_TRACES_DRAIN_TIMEOUT: '1' };
    expect(read(env)).toEqual({ options: {}, warnings: [] });
  });
});
