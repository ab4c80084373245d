import { environmentVariables } from '@spillway/config';
import { describe, expect, it } from 'vitest';
import { type ProcessorOptions, resolveProcessorOptions } from '../src/processor-options.ts';

function resolve(options: ProcessorOptions<unknown> = {}, env: Record<string, string> = {}) {
  const warnings: string[] = [];
  const resolved = resolveProcessorOptions('traces', options, (message) => warnings.push(message), env);
  return { resolved, warnings };
}

describe('options of a processor', () => {
  it('have the defaults of the specification', () => {
    expect(resolve().resolved).toMatchObject({
      maxQueueSize: 262_144,
      maxExportBatchSize: 512,
      scheduledDelayMillis: 5_000,
      exportTimeoutMillis: 30_000,
      strategy: 'sample',
      drainTimeoutMillis: 10_000,
    });
    expect(resolveProcessorOptions('logs', {}, () => {}, {})).toMatchObject({
      scheduledDelayMillis: 1_000,
      strategy: 'drop_oldest',
    });
  });

  it('come from the code before the environment, and from the environment before the defaults', () => {
    const env = { OTEL_BSP_MAX_QUEUE_SIZE: '1000', OTEL_BSP_SCHEDULE_DELAY: '70', SPILLWAY_STRATEGY: 'BLOCK' };
    expect(resolve({ maxQueueSize: 2_000 }, env).resolved).toMatchObject({
      maxQueueSize: 2_000,
      scheduledDelayMillis: 70,
      strategy: 'block',
    });
  });

  it.each([
    ['4 MB of the default queue', {}, 64 * 2 ** 20, 4_000_000],
    ['an eighth of a smaller one', {}, 8_000_000, 1_000_000],
    ['64 KiB of a small one', {}, 100_000, 65_536],
    ['all of one that is smaller still', {}, 1_000, 1_000],
    ['the given number of bytes', { maxItemBytes: 7_000_000 }, 8_000_000, 7_000_000],
  ])('allow one item %s', (_, given, maxQueueBytes, maxItemBytes) => {
    expect(resolve({ ...given, maxQueueBytes }).resolved.maxItemBytes).toBe(maxItemBytes);
  });

  it('make the default queue as large as a given maxItemBytes, and refuse a maxItemBytes above a given maxQueueBytes', () => {
    expect(resolve({ maxItemBytes: 2 ** 30 }).resolved).toMatchObject({
      maxQueueBytes: 2 ** 30,
      maxItemBytes: 2 ** 30,
    });
    expect(() => resolve({ maxItemBytes: 1_001, maxQueueBytes: 1_000 })).toThrow(
      /maxItemBytes \(1001\) must not be above maxQueueBytes \(1000\)/,
    );
    expect(() => resolve({ maxItemBytes: 0 })).toThrow(/maxItemBytes/);
    expect(resolve({ maxQueueBytes: 1_000_000 }, { SPILLWAY_MAX_ITEM_BYTES: '2MB' })).toMatchObject({
      resolved: { maxItemBytes: 125_000 },
      warnings: [expect.stringContaining('SPILLWAY_MAX_ITEM_BYTES')],
    });
  });

  it('count as not given if they are undefined', () => {
    expect(resolve({ maxQueueSize: undefined }, { OTEL_BSP_MAX_QUEUE_SIZE: '1000' }).resolved.maxQueueSize).toBe(1_000);
  });

  it('never throw for a variable: one warning names it, and the default is used', () => {
    const { resolved, warnings } = resolve({}, { OTEL_BSP_MAX_QUEUE_SIZE: '-1' });
    expect(resolved.maxQueueSize).toBe(262_144);
    expect(warnings).toEqual([expect.stringContaining('OTEL_BSP_MAX_QUEUE_SIZE')]);
  });

  it('have no time-out if it is 0, like the variables', () => {
    expect(resolve({ exportTimeoutMillis: 0 }).resolved.exportTimeoutMillis).toBe(Infinity);
    expect(resolve({}, { OTEL_BSP_EXPORT_TIMEOUT: '0' }).resolved.exportTimeoutMillis).toBe(Infinity);
  });

  it('let a batch grow past its usual size only if no size was given', () => {
    expect(resolve().resolved).toMatchObject({ maxGrownBatchSize: 2_048, gatheredBatchSize: 4_096 });
    expect(resolve({ maxQueueSize: 1_000 }).resolved.maxGrownBatchSize).toBe(1_000);
    expect(resolve({ maxExportBatchSize: 700 }).resolved).toMatchObject({
      maxGrownBatchSize: 700,
      gatheredBatchSize: 700,
    });
  });

  it('make the default queue as large as a larger batch', () => {
    expect(resolve({ maxExportBatchSize: 300_000 }).resolved.maxQueueSize).toBe(300_000);
  });

  it('have the same defaults in the table of variables', () => {
    const inForce = new Map<string, unknown>(Object.entries(resolve().resolved));
    const listed = environmentVariables().filter(
      ({ option, signals, default: { traces } }) =>
        signals.includes('traces') && /^\d+$/.test(traces ?? '') && inForce.has(option),
    );
    expect(listed.length).toBeGreaterThan(4);
    for (const {
      option,
      default: { traces },
    } of listed)
      expect([option, inForce.get(option)]).toEqual([option, Number(traces)]);
  });
});
